namespace HeartbeatGateway.Server.Clients;

/// <summary>
/// Timestamps in order, each with its candidate if it has one. They are added nearly sorted and removed at both ends, so both are cheap: a whole
/// fleet behind one address may disconnect at once.
/// </summary>
internal sealed class SortedEntries
{
    private static readonly Comparer<(long At, ReconnectCandidate? Candidate)> ByTime = Comparer<(long At, ReconnectCandidate? Candidate)>.Create(static (a, b) => a.At.CompareTo(b.At));

    private readonly List<(long At, ReconnectCandidate? Candidate)> _items = new(1);
    private int _head;

    public int Count => _items.Count - _head;

    public void Add(long at, ReconnectCandidate? candidate) => _items.Insert(FirstAfter(at), (at, candidate));

    /// <summary>Takes the latest out; null when there is none.</summary>
    public (long At, ReconnectCandidate? Candidate)? TakeLatest() => Count == 0 ? null : Take(_items.Count - 1);

    /// <summary>Takes out the earliest that is later than a timestamp; null when there is none.</summary>
    public (long At, ReconnectCandidate? Candidate)? TakeFirstAfter(long timestamp) => FirstAfter(timestamp) is var index && index == _items.Count ? null : Take(index);

    /// <summary>Takes out the one of a candidate; false when it is not there any more.</summary>
    public bool Remove(long at, ReconnectCandidate? candidate)
    {
        for (var index = FirstAfter(at) - 1; index >= _head && _items[index].At == at; index--)
        {
            if (!ReferenceEquals(_items[index].Candidate, candidate)) continue;
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

    private (long At, ReconnectCandidate? Candidate) Take(int index)
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
