namespace HeartbeatGateway.Testing;

/// <summary>A fake clock whose date can also be set forward and back, as an operator or NTP does. Timestamps and timers do not change by that.</summary>
public sealed class SteppedTimeProvider(DateTimeOffset start) : TestClock(start)
{
    private TimeSpan _offset;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _offset;

    /// <summary>Sets the date forward, or back by a negative step.</summary>
    public void Step(TimeSpan step) => _offset += step;
}
