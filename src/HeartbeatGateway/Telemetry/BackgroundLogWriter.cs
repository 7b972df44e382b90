using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace HeartbeatGateway.Telemetry;

/// <summary>
/// Writes log lines on its own thread, so that a caller that logs never waits for standard output. When the reader of standard output stops
/// reading, the newest lines are dropped and counted. The oldest lines are kept, since they show how the problem began.
/// </summary>
internal sealed class BackgroundLogWriter : ILogEventSink, IDisposable
{
    private const int MaxWaiting = 8192;
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(2);

    private readonly BlockingCollection<LogEvent> _waiting = new(MaxWaiting);
    private readonly ITextFormatter _formatter;
    private readonly Stream _output;
    private readonly Thread _thread;
    private long _dropped;

    public BackgroundLogWriter(ITextFormatter formatter, Stream output)
    {
        _formatter = formatter;
        _output = output;
        // A background thread: a process whose standard output is blocked must still be able to exit.
        _thread = new Thread(Write) { IsBackground = true, Name = "log writer" };
        _thread.Start();
    }

    public long Dropped => Interlocked.Read(ref _dropped);

    public void Emit(LogEvent logEvent)
    {
        if (_waiting.IsAddingCompleted || !_waiting.TryAdd(logEvent)) Interlocked.Increment(ref _dropped);
    }

    /// <summary>Writes the waiting lines, for at most two seconds.</summary>
    public void Dispose()
    {
        _waiting.CompleteAdding();
        _thread.Join(FlushTimeout);
    }

    /// <summary>Catches every exception and counts the lost lines. An unhandled exception on this thread would end the process.</summary>
    private void Write()
    {
        using var line = new StringWriter(CultureInfo.InvariantCulture);
        using var writer = new StreamWriter(_output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        var buffered = 0;
        foreach (var logEvent in _waiting.GetConsumingEnumerable())
        {
            // A line is written whole or not at all: the next line would be appended to a partial one.
            var isWhole = TryFormat(logEvent, line);
            if (isWhole) buffered++;
            try
            {
                if (isWhole) writer.Write(line.GetStringBuilder());
                if (_waiting.Count > 0) continue;
                writer.Flush();
            }
            catch (Exception)
            {
                Interlocked.Add(ref _dropped, buffered);
            }

            buffered = 0;
        }
    }

    private bool TryFormat(LogEvent logEvent, StringWriter line)
    {
        line.GetStringBuilder().Clear();
        try
        {
            _formatter.Format(logEvent, line);
            return true;
        }
        catch (Exception)
        {
            Interlocked.Increment(ref _dropped);
            return false;
        }
    }
}
