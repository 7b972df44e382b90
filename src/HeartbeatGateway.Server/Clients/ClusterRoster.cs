using System.Runtime.InteropServices;

namespace HeartbeatGateway.Server.Clients;

/// <summary>
/// The places of this node's connections in the cluster's directory, by client id, the highest generation first, and the hellos that wait for an answer. It calls
/// nothing under its lock. Thread-safe.
/// </summary>
internal sealed class ClusterRoster
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ClusterPlace> _latest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Waiting> _waiting = new(StringComparer.Ordinal);

    /// <summary>Clients with a place.</summary>
    public int Count
    {
        get { lock (_lock) return _latest.Count; }
    }

    /// <summary>A hello begins to wait for the directory.</summary>
    public void Await(ClusterPlace place)
    {
        lock (_lock)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_waiting, place.ClientId, out _).Count++;
            place.IsWaiting = true;
        }
    }

    /// <summary>A hello has its answer, and no place.</summary>
    public void EndWait(ClusterPlace place)
    {
        lock (_lock) EndWaitLocked(place);
    }

    /// <summary>A hello has its generation: from here on another node finds it here.</summary>
    /// <param name="place">The place.</param>
    /// <param name="mayRetry">When another node has taken over while it waited: whether its client may connect again.</param>
    /// <returns>False when it was not added: another node has taken over while it waited, or its connection has ended.</returns>
    public bool TryAdd(ClusterPlace place, out bool mayRetry)
    {
        lock (_lock)
        {
            var taken = _waiting.GetValueOrDefault(place.ClientId);
            mayRetry = taken.MayRetry || (taken.Instance is not null && taken.Instance == place.Instance);
            EndWaitLocked(place);
            if (place.HasLeft) return false;
            // Of one that was welcomed without the directory, Restore decides.
            if (!place.IsUnclaimed && place.Generation <= taken.TakenThrough) return false;

            ref var latest = ref CollectionsMarshal.GetValueRefOrAddDefault(_latest, place.ClientId, out _);
            if (latest is null || latest.Generation < place.Generation)
            {
                (place.Older, latest) = (latest, place);
                return true;
            }

            var newer = latest;
            while (newer.Older is { } older && older.Generation > place.Generation) newer = older;
            (place.Older, newer.Older) = (newer.Older, place);
            return true;
        }
    }

    /// <summary>A connection leaves.</summary>
    /// <param name="place">Its place, also when it was not added.</param>
    /// <param name="older">The client's connection that was hidden by it, and that is the latest now; null when there is none.</param>
    /// <param name="isLast">No connection of the client is left, and no hello of it waits.</param>
    /// <returns>False when it has left before.</returns>
    public bool TryRemove(ClusterPlace place, out ClusterPlace? older, out bool isLast)
    {
        lock (_lock)
        {
            (older, isLast) = (null, false);
            if (place.HasLeft) return false;
            place.HasLeft = true;
            EndWaitLocked(place);
            Unlink(place);
            var latest = _latest.GetValueOrDefault(place.ClientId);
            if (latest?.Generation < place.Generation) older = latest;
            isLast = latest is null && !_waiting.ContainsKey(place.ClientId);
            return true;
        }
    }

    /// <summary>Another node has taken a client over: all its connections up to a generation, also those whose hello still waits.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="generation">The generation that the directory had.</param>
    /// <param name="instance">The instance of the new connection.</param>
    /// <param name="mayRetry">The client of the hellos that wait may connect again in any case.</param>
    /// <param name="hasNewer">A connection of the client is here that is not taken.</param>
    /// <returns>The places, which are left in the roster: their connections are to be closed.</returns>
    public IReadOnlyList<ClusterPlace> TakeThrough(string clientId, long generation, string? instance, bool mayRetry, out bool hasNewer)
    {
        List<ClusterPlace> taken = [];
        lock (_lock)
        {
            ref var waiting = ref CollectionsMarshal.GetValueRefOrNullRef(_waiting, clientId);
            if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref waiting) && waiting.TakenThrough < generation)
            {
                (waiting.TakenThrough, waiting.Instance, waiting.MayRetry) = (generation, instance, mayRetry);
            }

            var latest = _latest.GetValueOrDefault(clientId);
            hasNewer = latest?.Generation > generation;
            for (var place = latest; place is not null; place = place.Older)
            {
                if (place.Generation > generation) continue;
                // Of one that was welcomed without the directory, Restore decides.
                if (place.IsUnclaimed && place.Generation != generation)
                {
                    hasNewer = true;
                    continue;
                }

                place.IsGivenUp = true;
                taken.Add(place);
            }
        }

        return taken;
    }

    /// <summary>A hello of the client waits for the directory's answer, and no other node has taken the client over meanwhile.</summary>
    public bool IsAwaited(string clientId)
    {
        lock (_lock) return _waiting.TryGetValue(clientId, out var waiting) && waiting.TakenThrough == 0;
    }

    /// <summary>The client's latest place; null when it has none.</summary>
    public ClusterPlace? Latest(string clientId)
    {
        lock (_lock) return _latest.GetValueOrDefault(clientId);
    }

    /// <summary>The client's place with a generation; null when it has none.</summary>
    public ClusterPlace? Find(string clientId, long generation)
    {
        lock (_lock)
        {
            var place = _latest.GetValueOrDefault(clientId);
            while (place is not null && place.Generation != generation) place = place.Older;
            return place;
        }
    }

    private void EndWaitLocked(ClusterPlace place)
    {
        if (!place.IsWaiting) return;
        place.IsWaiting = false;
        ref var waiting = ref CollectionsMarshal.GetValueRefOrNullRef(_waiting, place.ClientId);
        if (--waiting.Count == 0) _waiting.Remove(place.ClientId);
    }

    private void Unlink(ClusterPlace place)
    {
        if (!_latest.TryGetValue(place.ClientId, out var newer)) return;
        if (newer == place)
        {
            if (place.Older is { } next) _latest[place.ClientId] = next;
            else _latest.Remove(place.ClientId);
            return;
        }

        while (newer.Older is { } older && older != place) newer = older;
        if (newer.Older == place) newer.Older = place.Older;
    }

    /// <summary>The hellos of one client that wait.</summary>
    private struct Waiting
    {
        public int Count;

        /// <summary>Another node has taken over through this generation while they waited; 0 for none.</summary>
        public long TakenThrough;

        /// <summary>The instance of the client's connection there.</summary>
        public string? Instance;

        /// <summary>The client may connect again, whatever its instance.</summary>
        public bool MayRetry;
    }
}
