using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Clients;

/// <summary>
/// Recognises reconnects of anonymous clients by address (docs/protocol.md, "Reconnect"). Each ended connection is matched with at most one connection
/// of its address whose first valid frame came after the ended one's last byte, whichever of the two is noticed first: a power-cycled device
/// reconnects before its old connection times out. Bounded: the oldest is forgotten.
/// </summary>
internal sealed class AddressReconnectTracker(long window, int maxRemembered)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AddressKey, Address> _addresses = [];
    private readonly Queue<Remembered> _order = new();
    private long _window = window;
    private int _maxRemembered = maxRemembered;
    private int _remembered;

    /// <summary>The number of tracked addresses.</summary>
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
    /// <param name="candidate">To be kept for <see cref="Moved"/>; null for a transport without addresses.</param>
    /// <returns>The last byte's timestamp of the ended connection that it follows; null when it follows none.</returns>
    public long? Connected(AddressKey key, long firstFrame, out ReconnectCandidate? candidate)
    {
        candidate = null;
        if (key.Family == AddressKey.Kind.None) return null;
        lock (_lock)
        {
            Forget(firstFrame);
            ref var address = ref CollectionsMarshal.GetValueRefOrAddDefault(_addresses, key, out _);
            address.Open++;
            // The most recent end is the most likely to be this client's.
            if (address.Ended?.TakeLatest() is { } ended)
            {
                _remembered--;
                candidate = ended.Candidate ?? ReconnectCandidate.Counted;
                candidate.State = CandidateState.Counted;
                return ended.At;
            }

            candidate = ReconnectCandidate.Uncounted;
            if (address.Open == 1) return null;
            // Only a connection that is still open can turn out to have ended before this one connected.
            candidate = new ReconnectCandidate(CandidateState.Pending);
            Remember(ref address.Pending, key, firstFrame, candidate, firstFrame);
            return null;
        }
    }

    /// <summary>A connection sent a hello: it is no longer an anonymous client of its address.</summary>
    /// <returns>True when it was counted as a reconnect of one.</returns>
    public bool Moved(AddressKey key, long firstFrame, ReconnectCandidate candidate)
    {
        lock (_lock)
        {
            ref var address = ref CollectionsMarshal.GetValueRefOrNullRef(_addresses, key);
            address.Open--;
            if (candidate.State == CandidateState.Pending && address.Pending!.Remove(firstFrame, candidate)) _remembered--;
            RemoveIfEmpty(key, address);
            return candidate.State == CandidateState.Counted;
        }
    }

    /// <summary>A connection that had been connected has ended.</summary>
    /// <param name="key">Its address.</param>
    /// <param name="lastByte">Timestamp of its last byte.</param>
    /// <param name="now">The current timestamp.</param>
    /// <param name="timedOutAt">Timestamp of the idle timeout that ended it; 0 when it ended otherwise.</param>
    /// <returns>The first frame's timestamp of the connection that had already followed it; null when none has.</returns>
    public long? Ended(AddressKey key, long lastByte, long now, long timedOutAt = 0)
    {
        if (key.Family == AddressKey.Kind.None) return null;
        lock (_lock)
        {
            Forget(now);
            ref var address = ref CollectionsMarshal.GetValueRefOrAddDefault(_addresses, key, out _);
            address.Open--;
            if (address.Pending?.TakeFirstAfter(lastByte) is { } pending)
            {
                _remembered--;
                pending.Candidate!.State = CandidateState.Counted;
                RemoveIfEmpty(key, address);
                return pending.At;
            }

            Remember(ref address.Ended, key, lastByte, timedOutAt == 0 ? null : new TimedOutEnd(timedOutAt), now);
            return null;
        }
    }

    /// <param name="list">Where to.</param>
    /// <param name="key">The address.</param>
    /// <param name="value">Its timestamp.</param>
    /// <param name="pending">Whose it is; for an end null, or its timeout.</param>
    /// <param name="now">The current timestamp.</param>
    private void Remember(ref SortedEntries? list, AddressKey key, long value, ReconnectCandidate? pending, long now)
    {
        (list ??= new SortedEntries()).Add(value, pending);
        _order.Enqueue(new Remembered(key, value, pending, now));
        _remembered++;
        // Matched entries stay in the queue; they are bounded as well.
        while (_remembered > _maxRemembered || _order.Count > 2L * _maxRemembered) Drop(_order.Dequeue());
    }

    private void Forget(long now)
    {
        while (_order.TryPeek(out var oldest) && now - oldest.At > _window) Drop(_order.Dequeue());
    }

    private void Drop(Remembered memory)
    {
        ref var address = ref CollectionsMarshal.GetValueRefOrNullRef(_addresses, memory.Key);
        if (Unsafe.IsNullRef(ref address)) return;
        var list = memory.Pending is null or { State: CandidateState.TimedOut } ? address.Ended : address.Pending;
        if (list?.Remove(memory.Value, memory.Pending) == true)
        {
            _remembered--;
            if (memory.Pending is { } pending) pending.State = CandidateState.Uncounted;
        }

        RemoveIfEmpty(memory.Key, address);
    }

    private void RemoveIfEmpty(AddressKey key, in Address address)
    {
        if (address is { Open: 0, Ended: null or { Count: 0 }, Pending: null or { Count: 0 } }) _addresses.Remove(key);
    }

    private struct Address
    {
        public int Open;
        public SortedEntries? Ended;
        public SortedEntries? Pending;
    }

    private readonly record struct Remembered(AddressKey Key, long Value, ReconnectCandidate? Pending, long At);
}
