namespace HeartbeatGateway.Benchmarks;

/// <summary>A clock that changes only when advanced, and costs nothing to read.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public void Advance(TimeSpan time) => _now += time.Ticks;
}
