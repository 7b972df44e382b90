namespace HeartbeatGateway.Server.Disconnects;

/// <summary>
/// The latest records, in an array that grows with use up to its capacity. One thread adds at a time. Reading takes no lock and never waits: what is
/// overwritten meanwhile is left out.
/// </summary>
internal sealed class DisconnectRing(int capacity)
{
    private const int InitialLength = 64;

    private DisconnectRecord?[] _slots = new DisconnectRecord?[Math.Min(InitialLength, capacity)];
    private long _count;

    public void Add(DisconnectRecord record)
    {
        var slots = _slots;
        if (_count == slots.Length && slots.Length < capacity)
        {
            // Nothing was overwritten yet, so each record keeps its place.
            Array.Resize(ref slots, Math.Min(2 * slots.Length, capacity));
            Volatile.Write(ref _slots, slots);
        }

        Volatile.Write(ref slots[_count % slots.Length], record);
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>The newest first.</summary>
    public IEnumerable<DisconnectRecord> Read()
    {
        var count = Volatile.Read(ref _count);
        var slots = Volatile.Read(ref _slots);
        var last = long.MaxValue;
        for (var i = count - 1; i >= Math.Max(0, count - slots.Length); i--)
        {
            // The oldest are overwritten first: from the first newer record on, all others are newer too.
            if (Volatile.Read(ref slots[i % slots.Length]) is not { } record || record.Number >= last) yield break;
            last = record.Number;
            yield return record;
        }
    }
}
