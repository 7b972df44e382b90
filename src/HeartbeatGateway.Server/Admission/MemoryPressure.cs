namespace HeartbeatGateway.Server.Admission;

/// <summary>
/// Tells whether the managed heap is above its limit. Looks at it a few times a second, more often in a storm, and before it keeps saying so has the
/// garbage collected: what a wave of clients left behind would otherwise lie there while nobody is let in to make new garbage.
/// </summary>
internal sealed class MemoryPressure(TimeProvider timeProvider, Func<long> heapBytes, Action collect)
{
    /// <summary>A storm brings thousands in a quarter of a second, at 5 KB each.</summary>
    private const int MostBetweenLooks = 256;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan BetweenCollections = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long? _lastLook;
    private long? _lastCollection;
    private long _bytes;
    private int _asked;

    /// <summary>What the runtime lets the heap become, in bytes: three quarters of a container's memory limit, <c>DOTNET_GCHeapHardLimit</c>, or the machine's memory.</summary>
    public static long Most { get; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>The heap of this process.</summary>
    public static MemoryPressure OfProcess(TimeProvider timeProvider) => new(
        timeProvider,
        static () => GC.GetTotalMemory(forceFullCollection: false),
        // In the background: nobody waits for it, and the next looks see what it freed.
        static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false));

    /// <param name="limit">In bytes; 0 for none.</param>
    /// <param name="isEnforced">Somebody is kept out for it, so that garbage must not be the cause.</param>
    public bool IsAbove(long limit, bool isEnforced)
    {
        if (limit == 0) return false;
        lock (_lock)
        {
            if (++_asked > MostBetweenLooks || _lastLook is not { } look || timeProvider.GetElapsedTime(look) >= BetweenLooks)
            {
                _asked = 0;
                _lastLook = timeProvider.GetTimestamp();
                _bytes = heapBytes();
            }

            if (_bytes <= limit) return false;
            if (isEnforced && (_lastCollection is not { } last || timeProvider.GetElapsedTime(last) >= BetweenCollections))
            {
                _lastCollection = timeProvider.GetTimestamp();
                collect();
            }

            return true;
        }
    }
}
