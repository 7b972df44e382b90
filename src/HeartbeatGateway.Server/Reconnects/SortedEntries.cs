namespace HeartbeatGateway.Server.Reconnects;

/// <summary>
/// Timestamps in order, each with the visit that it belongs to if that still matters. They come nearly sorted and go at both ends, so
/// both are cheap: behind one address there may be a whole fleet that leaves at once.
/// </summary>
internal sealed class SortedEntries
{
    private static readonly Comparer<(long At, ReconnectCandidate? Visit)> ByTime = Comparer<(long At, ReconnectCandidate? Visit)>.Create(static (a, b) => a.At.CompareTo(b.At));

    private readonly List<(long At, ReconnectCandidate? Visit)> _items = new(1);
    private int _head;

    public int Count => _items.Count - _head;

    public void Add(long at, ReconnectCandidate? visit) => _items.Insert(FirstAfter(at), (at, visit));

    /// <summary>Takes the latest out; null when there is none.</summary>
    public (long At, ReconnectCandidate? Visit)? TakeLatest() => Count == 0 ? null : Take(_items.Count - 1);

    /// <summary>Takes out the earliest that is later than a timestamp; null when there is none.</summary>
    public (long At, ReconnectCandidate? Visit)? TakeFirstAfter(long timestamp) => FirstAfter(timestamp) is var index && index == _items.Count ? null : Take(index);

    /// <summary>Takes out the one of a visit; false when it is not there any more.</summary>
    public bool Remove(long at, ReconnectCandidate? visit)
    {
        for (var index = FirstAfter(at) - 1; index >= _head && _items[index].At == at; index--)
        {
            if (!ReferenceEquals(_items[index].Visit, visit)) continue;
            Take(index);
            return true;
        }

        return false;
    }

    private int FirstAfter(long at)
    {
        var index = _items.BinarySearch(_head, Count, (at, null), ByTime);
        if (index < 0) return ~index;
        while (index < _items.Count && _items[index].At == at) index++;
        return index;
    }

    private (long At, ReconnectCandidate? Visit) Take(int index)
    {
        var item = _items[index];
        if (index != _head)
        {
            _items.RemoveAt(index);
            return item;
        }

        // The gap at the front is closed when it is half of the list, so that each removal moves one item on average.
        _items[_head] = default;
        if (++_head * 2 < _items.Count) return item;
        _items.RemoveRange(0, _head);
        _head = 0;
        return item;
    }
}
