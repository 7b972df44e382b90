using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HeartbeatGateway.Server.Reconnects;

/// <summary>
/// Recognises anonymous clients that come back, by address (docs/protocol.md, "Reconnect"). Each ended connection is matched
/// with at most one connection of its address whose first valid frame came after the ended one's last byte, whichever of the
/// two is noticed first: a power-cycled device is back before its old connection times out. Bounded: the oldest is forgotten.
/// </summary>
internal sealed class AddressReconnectTracker(long window, int maxRemembered)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AddressKey, Address> _addresses = [];
    private readonly Queue<Memory> _memories = new();
    private long _window = window;
    private int _maxRemembered = maxRemembered;
    private int _remembered;

    /// <summary>Addresses that something is known of.</summary>
    public int Count
    {
        get { lock (_lock) return _addresses.Count; }
    }

    /// <summary>Changes the limits; they hold from the next call on.</summary>
    public void Configure(long newWindow, int newMaxRemembered)
    {
        lock (_lock) (_window, _maxRemembered) = (newWindow, newMaxRemembered);
    }

    /// <summary>A connection brought its first valid frame.</summary>
    /// <param name="key">Its address.</param>
    /// <param name="firstFrame">That frame's timestamp.</param>
    /// <param name="visit">To be kept for <see cref="Moved"/>; null for a transport without addresses.</param>
    /// <returns>The last byte's timestamp of the ended connection that it follows; null when it follows none.</returns>
    public long? Connected(AddressKey key, long firstFrame, out ReconnectCandidate? visit)
    {
        visit = null;
        if (key.Family == AddressKey.Kind.None) return null;
        lock (_lock)
        {
            Forget(firstFrame);
            ref var address = ref CollectionsMarshal.GetValueRefOrAddDefault(_addresses, key, out _);
            address.Open++;
            // The most recent end is the likeliest to be this client's.
            if (address.Ended?.TakeLatest() is { } ended)
            {
                _remembered--;
                visit = ReconnectCandidate.Counted;
                return ended.At;
            }

            visit = ReconnectCandidate.Uncounted;
            if (address.Open == 1) return null;
            // Only a connection that is still open can turn out to have been followed by this one.
            visit = new ReconnectCandidate(ReconnectCandidateState.Newcomer);
            Remember(ref address.Newcomers, key, firstFrame, visit, firstFrame);
            return null;
        }
    }

    /// <summary>A connection gave its name: it is no anonymous client of its address any more, and never was.</summary>
    /// <returns>True when it was counted as the return of one.</returns>
    public bool Moved(AddressKey key, long firstFrame, ReconnectCandidate visit)
    {
        lock (_lock)
        {
            ref var address = ref CollectionsMarshal.GetValueRefOrNullRef(_addresses, key);
            address.Open--;
            if (visit.Trace == ReconnectCandidateState.Newcomer && address.Newcomers!.Remove(firstFrame, visit)) _remembered--;
            RemoveIfEmpty(key, address);
            return visit.Trace == ReconnectCandidateState.Counted;
        }
    }

    /// <summary>A connection that had been connected has ended.</summary>
    /// <returns>The first frame's timestamp of the connection that had already followed it; null when none has.</returns>
    public long? Ended(AddressKey key, long lastByte, long now)
    {
        if (key.Family == AddressKey.Kind.None) return null;
        lock (_lock)
        {
            Forget(now);
            ref var address = ref CollectionsMarshal.GetValueRefOrAddDefault(_addresses, key, out _);
            address.Open--;
            if (address.Newcomers?.TakeFirstAfter(lastByte) is { } newcomer)
            {
                _remembered--;
                newcomer.Visit!.Trace = ReconnectCandidateState.Counted;
                RemoveIfEmpty(key, address);
                return newcomer.At;
            }

            Remember(ref address.Ended, key, lastByte, newcomer: null, now);
            return null;
        }
    }

    /// <param name="list">Where to.</param>
    /// <param name="key">The address.</param>
    /// <param name="value">Its timestamp.</param>
    /// <param name="newcomer">Whose it is; null for an end.</param>
    /// <param name="now">The current timestamp.</param>
    private void Remember(ref SortedEntries? list, AddressKey key, long value, ReconnectCandidate? newcomer, long now)
    {
        (list ??= new SortedEntries()).Add(value, newcomer);
        _memories.Enqueue(new Memory(key, value, newcomer, now));
        _remembered++;
        // Those that were matched meanwhile still stand in the queue; they are bounded too.
        while (_remembered > _maxRemembered || _memories.Count > 2L * _maxRemembered) Drop(_memories.Dequeue());
    }

    private void Forget(long now)
    {
        while (_memories.TryPeek(out var oldest) && now - oldest.At > _window) Drop(_memories.Dequeue());
    }

    private void Drop(Memory memory)
    {
        ref var address = ref CollectionsMarshal.GetValueRefOrNullRef(_addresses, memory.Key);
        if (Unsafe.IsNullRef(ref address)) return;
        var list = memory.Newcomer is null ? address.Ended : address.Newcomers;
        if (list?.Remove(memory.Value, memory.Newcomer) == true)
        {
            _remembered--;
            if (memory.Newcomer is { } newcomer) newcomer.Trace = ReconnectCandidateState.Uncounted;
        }

        RemoveIfEmpty(memory.Key, address);
    }

    private void RemoveIfEmpty(AddressKey key, in Address address)
    {
        if (address is { Open: 0, Ended: null or { Count: 0 }, Newcomers: null or { Count: 0 } }) _addresses.Remove(key);
    }

    private struct Address
    {
        public int Open;
        public SortedEntries? Ended;
        public SortedEntries? Newcomers;
    }

    private readonly record struct Memory(AddressKey Key, long Value, ReconnectCandidate? Newcomer, long At);
}
