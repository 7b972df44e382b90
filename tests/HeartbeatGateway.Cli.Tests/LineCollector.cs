using System.Text;

namespace HeartbeatGateway.Cli.Tests;

/// <summary>Collects the output of a command, from any thread, and lets a test wait for a text.</summary>
internal sealed class LineCollector : TextWriter
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly StringBuilder _text = new();
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _unblocked = new();
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LineCollector() => NewLine = "\n";

    /// <summary>After this text is written, the pipe is broken, as with <c>| head</c>.</summary>
    public string? BreaksAfter { get; set; }

    /// <summary>After this text is written, writing blocks until <see cref="Unblock"/>, as with a pipe that nothing reads.</summary>
    public string? BlocksAfter { get; set; }

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Note(text => text.Append(value));

    public override void Write(string? value) => Note(text => text.Append(value));

    public override void WriteLine(string? value) => Note(text => text.Append(value).Append('\n'));

    public override Task WriteAsync(string? value)
    {
        Write(value);
        return Task.CompletedTask;
    }

    public override Task WriteLineAsync(string? value)
    {
        WriteLine(value);
        return Task.CompletedTask;
    }

    public override string ToString()
    {
        lock (_lock) return _text.ToString();
    }

    /// <summary>Waits until the output contains a text.</summary>
    public async Task SawAsync(string expected)
    {
        using var timeout = new CancellationTokenSource(Timeout, TimeProvider.System);
        while (true)
        {
            Task more;
            lock (_lock)
            {
                if (_text.ToString().Contains(expected, StringComparison.Ordinal)) return;
                more = _more.Task;
            }

            try
            {
                await more.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException e)
            {
                throw new TimeoutException($"'{expected}' was not written. The output is:\n{this}", e);
            }
        }
    }

    /// <summary>Ends the block of <see cref="BlocksAfter"/>.</summary>
    public void Unblock() => _unblocked.Set();

    protected override void Dispose(bool disposing)
    {
        _unblocked.Dispose();
        base.Dispose(disposing);
    }

    private void Note(Action<StringBuilder> write)
    {
        if (BlocksAfter is not null && ToString().Contains(BlocksAfter, StringComparison.Ordinal)) Assert.True(_unblocked.Wait(Timeout), "The output stayed blocked.");
        TaskCompletionSource more;
        lock (_lock)
        {
            if (BreaksAfter is not null && _text.ToString().Contains(BreaksAfter, StringComparison.Ordinal)) throw new IOException("Broken pipe", 32);
            write(_text);
            (more, _more) = (_more, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        more.SetResult();
    }
}
