namespace HeartbeatGateway.Client.Connections;

/// <summary>
/// When the pings that wait for an answer were sent. Answers keep the order of the pings, so each belongs to the oldest; a ping of the
/// gateway's own accord, while none waits, belongs to nobody. Bounded: what was never answered is forgotten.
/// </summary>
internal sealed class PingTimes
{
    private const int Capacity = 16;

    private readonly Lock _lock = new();
    private readonly Queue<long> _sent = new(2);

    public void Sent(long now)
    {
        lock (_lock)
        {
            if (_sent.Count == Capacity) _sent.Dequeue();
            _sent.Enqueue(now);
        }
    }

    /// <returns>When the ping that is answered now was sent; null when none waits.</returns>
    public long? Answered()
    {
        lock (_lock) return _sent.TryDequeue(out var sent) ? sent : null;
    }
}
