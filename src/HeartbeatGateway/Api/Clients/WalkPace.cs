namespace HeartbeatGateway.Api.Clients;

/// <summary>
/// Keeps a walk over all connections from slowing heartbeats where every core is in use: the walk offers its core to other threads every some ten
/// microseconds, and rests for most of the time. A thread that answers a heartbeat otherwise waits for the end of this thread's time slice, which is
/// milliseconds; and what a process uses of a shared machine, its other threads get less of. A lower priority would not do: the garbage collector waits for
/// every thread to stop, also for one that gets no processor time.
/// </summary>
internal sealed class WalkPace(TimeProvider timeProvider) : IDisposable
{
    /// <summary>How long a walk works before it rests. Time in which other threads have the core counts too: the fuller the machine, the less is walked.</summary>
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(0.5);

    /// <summary>Four times as long, so that a walk takes a fifth of a core.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(2);

    // Never set.
    private readonly ManualResetEvent _rest = new(initialState: false);
    private long _workingSince = timeProvider.GetTimestamp();

    /// <summary>The items, with an offer or a rest after every so many.</summary>
    /// <param name="items">The items.</param>
    /// <param name="every">How many items take some ten microseconds.</param>
    public IEnumerable<T> Over<T>(IEnumerable<T> items, int every)
    {
        var count = 0;
        foreach (var item in items)
        {
            if (++count % every == 0) Pause();
            yield return item;
        }
    }

    public void Dispose() => _rest.Dispose();

    private void Pause()
    {
        if (timeProvider.GetElapsedTime(_workingSince) < Work)
        {
            Thread.Yield();
            return;
        }

        _rest.WaitOne(Rest);
        _workingSince = timeProvider.GetTimestamp();
    }
}
