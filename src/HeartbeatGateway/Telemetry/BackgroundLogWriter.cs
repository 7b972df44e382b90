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

    /// <summary>Followed lines after which the output is flushed although more wait, so that their messages are acknowledged.</summary>
    private const int MaxUntold = 256;

    [ThreadStatic]
    private static Action<bool>? _followed;

    private readonly BlockingCollection<(LogEvent Line, Action<bool>? Written)> _waiting = new(MaxWaiting);
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
        var written = _followed;
        _followed = null;
        if (TryAdd(logEvent, written)) return;
        Interlocked.Increment(ref _dropped);
        written?.Invoke(false);
    }

    private bool TryAdd(LogEvent logEvent, Action<bool>? written)
    {
        try
        {
            return !_waiting.IsAddingCompleted && _waiting.TryAdd((logEvent, written));
        }
        catch (InvalidOperationException)
        {
            // The writer was completed between the two.
            return false;
        }
    }

    /// <summary>Follows the line that a call logs on this thread.</summary>
    /// <param name="log">Logs one line.</param>
    /// <param name="written">Called once when the line is written, or lost, from the thread pool or within this call. Must not throw.</param>
    /// <returns>False when no line came: its level is not logged, or its logger failed. It is not called then.</returns>
    public static bool TryFollow(Action log, Action<bool> written)
    {
        _followed = written;
        try
        {
            log();
            return _followed is null;
        }
        finally
        {
            _followed = null;
        }
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
        var untold = new List<Action<bool>>();
        foreach (var (logEvent, written) in _waiting.GetConsumingEnumerable())
        {
            // A line is written whole or not at all: the next line would be appended to a partial one.
            var isWhole = TryFormat(logEvent, line);
            if (isWhole) buffered++;
            if (written is not null && isWhole) untold.Add(written);
            else if (written is not null) Tell([written], isWritten: false);
            var isFlushed = false;
            try
            {
                if (isWhole) writer.Write(line.GetStringBuilder());
                if (_waiting.Count > 0 && untold.Count < MaxUntold) continue;
                writer.Flush();
                isFlushed = true;
            }
            catch (Exception)
            {
                Interlocked.Add(ref _dropped, buffered);
            }

            buffered = 0;
            if (untold.Count == 0) continue;
            Tell(untold, isFlushed);
            untold = [];
        }
    }

    /// <summary>Not on this thread: who is told may send to a client.</summary>
    private static void Tell(List<Action<bool>> written, bool isWritten) => ThreadPool.UnsafeQueueUserWorkItem(
        static told =>
        {
            foreach (var written in told.Written) written(told.IsWritten);
        },
        (Written: written, IsWritten: isWritten),
        preferLocal: false);

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
