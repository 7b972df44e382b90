namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// Returns memory to the system after a burst of connections. When most of them have closed, nothing makes new garbage, so the collector has no reason to
/// run and the process would stay as large as at its peak.
/// </summary>
internal sealed class PostBurstGc(Action collect)
{
    /// <summary>The smallest number of closed connections that is worth a collection; fewer leave a few megabytes.</summary>
    private const int Worthwhile = 1000;

    private long _lastGone;
    private long _collectedAt;

    /// <summary>A collection that compacts and returns what it can; it pauses the process for some tens of milliseconds.</summary>
    public static PostBurstGc OfProcess() => new(static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true));

    /// <summary>To be called every few seconds.</summary>
    /// <param name="gone">Connections that have closed so far.</param>
    /// <param name="open">Connections that are open.</param>
    public void Note(long gone, int open)
    {
        // After the burst: while connections still open and close, the collector runs anyway.
        var isQuiet = gone - _lastGone < Worthwhile / 10;
        _lastGone = gone;
        if (!isQuiet || gone - _collectedAt < Math.Max(Worthwhile, open)) return;
        _collectedAt = gone;
        collect();
    }
}
