using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace HeartbeatGateway.Telemetry;

/// <summary>
/// Writes log lines on a thread of its own, so that nobody who logs ever waits for standard output. When its reader stands still,
/// lines are dropped and counted, the newest first: those that tell how it began are kept.
/// </summary>
internal sealed class BackgroundLogWriter : ILogEventSink, IDisposable
{
    private const int MaxWaiting = 8192;
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly BlockingCollection<LogEvent> _waiting = new(MaxWaiting);
    private readonly ITextFormatter _formatter;
    private readonly Stream _output;
    private readonly Thread _thread;
    private long _dropped;

    public BackgroundLogWriter(ITextFormatter formatter, Stream output)
    {
        _formatter = formatter;
        _output = output;
        // A background thread: a process whose standard output is stuck must still be able to end.
        _thread = new Thread(Write) { IsBackground = true, Name = "log writer" };
        _thread.Start();
    }

    public long Dropped => Interlocked.Read(ref _dropped);

    public void Emit(LogEvent logEvent)
    {
        if (_waiting.IsAddingCompleted || !_waiting.TryAdd(logEvent)) Interlocked.Increment(ref _dropped);
    }

    /// <summary>Writes what waits, for two seconds at most.</summary>
    public void Dispose()
    {
        _waiting.CompleteAdding();
        _thread.Join(LastWords);
    }

    /// <summary>Whatever goes wrong here costs lines, which are counted: thrown on this thread, it would cost the process.</summary>
    private void Write()
    {
        using var line = new StringWriter(CultureInfo.InvariantCulture);
        using var writer = new StreamWriter(_output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        var buffered = 0;
        foreach (var logEvent in _waiting.GetConsumingEnumerable())
        {
            // Whole or not at all: half a line would spoil the next one.
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
