namespace HeartbeatGateway.Server.Context;

/// <summary>A token bucket in its virtual-scheduling form: the time at which it is full again is all its state.</summary>
internal struct LineBucket
{
    private long _fullAt;

    /// <summary>Lines that were taken and are not available again yet.</summary>
    public readonly long Used(long now, long interval) => _fullAt <= now ? 0 : (_fullAt - now + interval - 1) / interval;

    public void Take(long now, long interval) => _fullAt = Math.Max(_fullAt, now) + interval;
}
