namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// Returns memory to the system after a burst of connections. When many have opened, or most of them have closed, nothing makes new garbage, so the collector has
/// no reason to run and the process would stay as large as at its peak.
/// </summary>
internal sealed class PostBurstGc(Action collect)
{
    /// <summary>The smallest number of connections that is worth a collection; fewer leave a few megabytes.</summary>
    private const int Worthwhile = 1000;

    /// <summary>With more open connections the collection, which looks at all of them, would pause the process for longer than a fifth of a second.</summary>
    private const int MostOpen = 100_000;

    private Burst _closing;
    private Burst _opening;

    /// <summary>A collection that compacts and returns what it can; it pauses the process for some tens of milliseconds.</summary>
    public static PostBurstGc OfProcess() => new(static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true));

    /// <summary>To be called every few seconds.</summary>
    /// <param name="gone">Connections that have closed so far.</param>
    /// <param name="open">Connections that are open.</param>
    public void Note(long gone, int open)
    {
        if (_closing.IsOver(gone, open)) collect();
    }

    /// <summary>To be called every few seconds, before <see cref="Note"/>.</summary>
    /// <param name="opened">Connections that were opened so far.</param>
    /// <param name="open">Connections that are open.</param>
    public void NoteOpened(long opened, int open)
    {
        if (_opening.IsOver(opened, open) && open is > 0 and <= MostOpen) collect();
    }

    private struct Burst
    {
        private long _last;
        private long _collectedAt;

        /// <returns>True once after as many connections as are open now, when no more follow. While they do, the collector runs anyway.</returns>
        public bool IsOver(long count, int open)
        {
            var isQuiet = count - _last < Worthwhile / 10;
            _last = count;
            if (!isQuiet || count - _collectedAt < Math.Max(Worthwhile, open)) return false;
            _collectedAt = count;
            return true;
        }
    }
}
