namespace HeartbeatGateway.Api.Streaming;

/// <summary>Events whose next one is waited for at all times, so that a reader can wait for other things too. For one reader.</summary>
internal sealed class PendingEvents<T> : IAsyncDisposable
{
    private readonly IAsyncEnumerator<T> _events;
    private readonly CancellationTokenSource _ending;

    /// <param name="follow">Enumerates the events.</param>
    /// <param name="ending">Ends the waiting; cancelled on disposal.</param>
    public PendingEvents(Func<CancellationToken, IAsyncEnumerable<T>> follow, CancellationTokenSource ending)
    {
        _ending = ending;
        _events = follow(ending.Token).GetAsyncEnumerator(ending.Token);
        Next = _events.MoveNextAsync().AsTask();
    }

    /// <summary>Completes when there is an event.</summary>
    public Task<bool> Next { get; private set; }

    /// <summary>The event, once <see cref="Next"/> has completed.</summary>
    public T Current => _events.Current;

    /// <summary>Begins to wait for the event after it.</summary>
    public void Advance() => Next = _events.MoveNextAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        // An enumerator must not be disposed while it waits.
        await _ending.CancelAsync();
        await Next.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await _events.DisposeAsync();
    }
}
