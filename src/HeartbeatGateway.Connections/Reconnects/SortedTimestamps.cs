namespace HeartbeatGateway.Connections.Reconnects;

/// <summary>
/// Timestamps in order. They come nearly sorted and go at both ends, so both are cheap: behind one address there may be a whole
/// fleet that leaves at once.
/// </summary>
internal sealed class SortedTimestamps
{
    private readonly List<long> _values = new(1);
    private int _head;

    public int Count => _values.Count - _head;

    public void Add(long value) => _values.Insert(FirstAfter(value), value);

    /// <summary>Takes the latest out; null when there is none.</summary>
    public long? TakeLatest()
    {
        if (Count == 0) return null;
        var value = _values[^1];
        RemoveAt(_values.Count - 1);
        return value;
    }

    /// <summary>Takes out the earliest that is later than a timestamp; null when there is none.</summary>
    public long? TakeFirstAfter(long timestamp)
    {
        var index = FirstAfter(timestamp);
        if (index == _values.Count) return null;
        var value = _values[index];
        RemoveAt(index);
        return value;
    }

    public bool Remove(long value)
    {
        var index = _values.BinarySearch(_head, Count, value, null);
        if (index < 0) return false;
        RemoveAt(index);
        return true;
    }

    private int FirstAfter(long value)
    {
        var index = _values.BinarySearch(_head, Count, value, null);
        if (index < 0) return ~index;
        while (index < _values.Count && _values[index] == value) index++;
        return index;
    }

    private void RemoveAt(int index)
    {
        if (index != _head)
        {
            _values.RemoveAt(index);
            return;
        }

        // The gap at the front is closed when it is half of the list, so that each removal moves one value on average.
        if (++_head * 2 < _values.Count) return;
        _values.RemoveRange(0, _head);
        _head = 0;
    }
}
