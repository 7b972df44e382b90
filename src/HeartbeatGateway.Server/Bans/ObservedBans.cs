namespace HeartbeatGateway.Server.Bans;

/// <summary>Bans that would have been made, until they would have expired. Bounded: the oldest are forgotten first. Not thread-safe.</summary>
internal sealed class ObservedBans
{
    private const int Capacity = 1000;

    private readonly Queue<Ban> _order = new();
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <summary>Adds a ban.</summary>
    /// <returns>False when it would still be in force.</returns>
    public bool TryAdd(Ban ban, DateTimeOffset now)
    {
        while (_order.TryPeek(out var oldest) && (oldest.ExpiresAt <= now || _order.Count >= Capacity))
        {
            _order.Dequeue();
            _ids.Remove(oldest.Id);
        }

        if (!_ids.Add(ban.Id)) return false;
        _order.Enqueue(ban);
        return true;
    }

    /// <summary>Those that would be in force, the latest first.</summary>
    public IReadOnlyList<Ban> Latest(int most, DateTimeOffset now) => [.. _order.Reverse().Where(b => b.ExpiresAt > now).Take(most)];
}
