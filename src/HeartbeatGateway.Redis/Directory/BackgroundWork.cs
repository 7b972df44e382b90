namespace HeartbeatGateway.Redis.Directory;

/// <summary>Work for which no caller waits. A bounded number runs at once; more is refused, and logged. Its failures are logged.</summary>
internal sealed class BackgroundWork(TimeProvider timeProvider, ILogger logger) : IAsyncDisposable
{
    public const int MaxRunning = 20_000;

    private readonly CancellationTokenSource _stopping = new();
    private readonly LogPause _refusedLines = new(timeProvider);
    private int _running;
    private long _refused;

    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Runs work on the thread pool.</summary>
    /// <param name="name">Names it in the log.</param>
    /// <param name="work">The work.</param>
    /// <param name="delay">When it begins.</param>
    /// <returns>False when too much runs already.</returns>
    public bool Run(string name, Func<Task> work, TimeSpan delay = default)
    {
        if (Interlocked.Increment(ref _running) > MaxRunning)
        {
            Interlocked.Decrement(ref _running);
            Refused(name);
            return false;
        }

        _ = Task.Run(() => RunAsync(name, work, delay));
        return true;
    }

    /// <summary>As <see cref="Run"/>, and is never refused. For work of which the node has one at once, or one for each renewal.</summary>
    public void RunAlways(string name, Func<Task> work)
    {
        Interlocked.Increment(ref _running);
        _ = Task.Run(() => RunAsync(name, work, default));
    }

    /// <summary>Work has failed. Failures of Redis are logged by <see cref="RedisHealth"/>; the comparison corrects what was not done.</summary>
    public void Failed(string name, Exception e)
    {
        if (!RedisConnection.IsFailure(e)) logger.DirectoryWorkFailed(e, name);
    }

    public async ValueTask DisposeAsync() => await _stopping.CancelAsync();

    private void Refused(string name)
    {
        Interlocked.Increment(ref _refused);
        if (_refusedLines.Allows()) logger.DirectoryWorkRefused(Interlocked.Exchange(ref _refused, 0), name);
    }

    private async Task RunAsync(string name, Func<Task> work, TimeSpan delay)
    {
        try
        {
            if (delay > TimeSpan.Zero) await Task.Delay(delay, timeProvider, Stopping);
            await work();
        }
        catch (OperationCanceledException) when (Stopping.IsCancellationRequested)
        {
            // The node stops.
        }
        catch (Exception e)
        {
            Failed(name, e);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }
}
