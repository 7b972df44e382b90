using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Limits;

/// <summary>
/// Checks whether the process is above a memory limit: its managed heap, or its resident memory, which also counts what TLS and other libraries
/// allocate. Both are read a few times a second, more often in a connection storm. Before new connections are rejected for long, garbage is
/// collected: the garbage of a burst of connections would otherwise stay, since nothing allocates enough to start a collection.
/// </summary>
internal sealed class MemoryPressure(TimeProvider timeProvider, Func<long> heapBytes, Func<long> residentBytes, Action collect)
{
    /// <summary>A storm brings thousands of connections in a quarter of a second, at 5 KB each.</summary>
    private const int MostBetweenLooks = 256;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan BetweenCollections = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long? _lastLook;
    private long? _lastCollection;
    private long _heap;
    private long _resident;
    private int _asked;

    /// <summary>The memory of this process.</summary>
    public static MemoryPressure OfProcess(TimeProvider timeProvider) => new(
        timeProvider,
        static () => GC.GetTotalMemory(forceFullCollection: false),
        ProcessMemory.ResidentBytes,
        // In the background: the caller does not wait for it, and the next looks see what it freed.
        static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false));

    /// <param name="limits">The limits in force.</param>
    /// <param name="isEnforced">Connections are rejected for it, so garbage must not be the cause.</param>
    public bool IsAbove(MemoryLimits limits, bool isEnforced)
    {
        if (limits.IsOff) return false;
        lock (_lock)
        {
            if (++_asked > MostBetweenLooks || _lastLook is not { } look || timeProvider.GetElapsedTime(look) >= BetweenLooks)
            {
                _asked = 0;
                _lastLook = timeProvider.GetTimestamp();
                _heap = heapBytes();
                _resident = limits.Resident > 0 ? residentBytes() : 0;
            }

            if (!limits.AreExceeded(_heap, _resident)) return false;
            if (isEnforced && (_lastCollection is not { } last || timeProvider.GetElapsedTime(last) >= BetweenCollections))
            {
                _lastCollection = timeProvider.GetTimestamp();
                collect();
            }

            return true;
        }
    }
}
