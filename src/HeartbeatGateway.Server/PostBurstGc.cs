namespace HeartbeatGateway.Server;

/// <summary>
/// Gives memory back after a wave of connections: when most of those who were here are gone, nothing makes new garbage, so the collector has no reason to run
/// and the process would stay as large as it was at its peak.
/// </summary>
internal sealed class PostBurstGc(Action collect)
{
    /// <summary>Fewer than so many are not worth a collection: they leave a few megabytes.</summary>
    private const int Worthwhile = 1000;

    private long _lastGone;
    private long _collectedAt;

    /// <summary>A collection that compacts and gives back what it can; it stops the process for some tens of milliseconds.</summary>
    public static PostBurstGc OfProcess() => new(static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true));

    /// <summary>To be told every few seconds.</summary>
    /// <param name="gone">Connections that have gone so far.</param>
    /// <param name="open">Connections that are open.</param>
    public void Note(long gone, int open)
    {
        // Once the wave is over: while many still go, or come and go, the collector has reasons of its own.
        var isQuiet = gone - _lastGone < Worthwhile / 10;
        _lastGone = gone;
        if (!isQuiet || gone - _collectedAt < Math.Max(Worthwhile, open)) return;
        _collectedAt = gone;
        collect();
    }
}
