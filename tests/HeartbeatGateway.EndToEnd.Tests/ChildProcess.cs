using System.Diagnostics;
using System.Globalization;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>A process that a test starts. The test can wait for its output lines and send signals to it. The process ends with the test.</summary>
internal class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly Lock _lock = new();
    private readonly Task _reading;
    private volatile TaskCompletionSource _mayRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isClosed;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ChildProcess(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment, string? directory = null)
    {
        var start = new ProcessStartInfo(file, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        if (directory is not null) start.WorkingDirectory = directory;
        foreach (var (name, value) in environment)
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }

        _process = Process.Start(start) ?? throw new InvalidOperationException($"Cannot start {file}.");
        _mayRead.SetResult();
        _reading = Task.WhenAll(Task.Run(() => ReadAsync(_process.StandardOutput)), Task.Run(() => ReadAsync(_process.StandardError)));
    }

    public int Id => _process.Id;

    public IReadOnlyList<string> Lines
    {
        get { lock (_lock) return [.. _lines]; }
    }

    /// <summary>Waits for a line that contains a text, starting at an index.</summary>
    /// <returns>The index after that line.</returns>
    public async Task<int> SawAsync(string text, int from = 0, TimeSpan? within = null)
    {
        using var timeout = new CancellationTokenSource(within ?? DefaultTimeout, TimeProvider.System);
        while (true)
        {
            Task more;
            lock (_lock)
            {
                var index = _lines.FindIndex(Math.Min(from, _lines.Count), line => line.Contains(text, StringComparison.Ordinal));
                if (index >= 0) return index + 1;
                more = _more.Task;
            }

            try
            {
                await more.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException e)
            {
                throw new TimeoutException($"No line contains '{text}'. The lines are:\n{string.Join('\n', Lines)}", e);
            }
        }
    }

    /// <summary>Stops reading the output of the process, except for a few lines that are already in transit.</summary>
    public void StopReading() => _mayRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ReadOn() => _mayRead.TrySetResult();

    /// <summary>Closes the output pipes of the process: at its next line, or at once if reading is stopped.</summary>
    public void CloseOutput()
    {
        _isClosed = true;
        ReadOn();
    }

    public void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        if (kill.ExitCode != 0) throw new InvalidOperationException($"Cannot send {signal} to process {_process.Id}.");
    }

    public async Task<int> ExitCodeAsync(TimeSpan? within = null)
    {
        await _process.WaitForExitAsync().WaitAsync(within ?? DefaultTimeout, TimeProvider.System);
        // Reads the last output, unless another process holds the pipes open.
        if (_mayRead.Task.IsCompleted) await _reading.WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _process.ExitCode;
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        ReadOn();
        _process.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task ReadAsync(StreamReader output)
    {
        while (!_isClosed)
        {
            await _mayRead.Task;
            if (_isClosed || await output.ReadLineAsync() is not { } line) break;
            Note(line);
        }

        output.Dispose();
    }

    private void Note(string line)
    {
        TaskCompletionSource more;
        lock (_lock)
        {
            _lines.Add(line);
            (more, _more) = (_more, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        more.SetResult();
    }
}
