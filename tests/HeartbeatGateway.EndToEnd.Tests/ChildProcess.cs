using System.Diagnostics;
using System.Globalization;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>A process of the test's own: its lines can be waited for, it can be signalled, and it ends with the test.</summary>
internal class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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

        _process = Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start.");
        _mayRead.SetResult();
        _reading = Task.WhenAll(Task.Run(() => ReadAsync(_process.StandardOutput)), Task.Run(() => ReadAsync(_process.StandardError)));
    }

    public int Id => _process.Id;

    public IReadOnlyList<string> Lines
    {
        get { lock (_lock) return [.. _lines]; }
    }

    /// <summary>Waits for a line that holds a text, among those from an index on.</summary>
    /// <returns>The index behind that line.</returns>
    public async Task<int> SawAsync(string text, int from = 0, TimeSpan? within = null)
    {
        using var patience = new CancellationTokenSource(within ?? Patience, TimeProvider.System);
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
                await more.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException e)
            {
                throw new TimeoutException($"No line held '{text}'. There were:\n{string.Join('\n', Lines)}", e);
            }
        }
    }

    /// <summary>From now on nobody reads what it writes, but for a few lines that are on their way.</summary>
    public void StopReading() => _mayRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ReadOn() => _mayRead.TrySetResult();

    /// <summary>Closes the pipes that it writes to, at its next line or at once when nobody reads them.</summary>
    public void CloseOutput()
    {
        _isClosed = true;
        ReadOn();
    }

    public void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        if (kill.ExitCode != 0) throw new InvalidOperationException($"Process {_process.Id} could not be sent {signal}.");
    }

    public async Task<int> ExitCodeAsync(TimeSpan? within = null)
    {
        await _process.WaitForExitAsync().WaitAsync(within ?? Patience, TimeProvider.System);
        // What it wrote last, unless somebody else holds its pipes.
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
