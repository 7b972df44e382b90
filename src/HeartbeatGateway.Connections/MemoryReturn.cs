namespace HeartbeatGateway.Connections;

/// <summary>
/// Gives memory back after a wave of connections: when most of those who were here are gone, nothing makes new garbage, so the collector has no reason to run
/// and the process would stay as large as it was at its peak.
/// </summary>
internal sealed class MemoryReturn(Action collect)
{
    /// <summary>Fewer than so many are not worth a collection: they hold a few megabytes.</summary>
    private const int Worthwhile = 1000;

    private int _peak;
    private int _last;

    /// <summary>A collection that compacts and gives back what it can; it stops the process for some tens of milliseconds.</summary>
    public static MemoryReturn OfProcess() => new(static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true));

    /// <summary>To be told every few seconds how many connections are open.</summary>
    public void Note(int connections)
    {
        var isFalling = connections < _last;
        _last = connections;
        _peak = Math.Max(_peak, connections);
        // Once the wave has ended, and not while it still falls.
        if (isFalling || connections > _peak / 2 || _peak - connections < Worthwhile) return;
        _peak = connections;
        collect();
    }
}
