using HeartbeatGateway.Shared.Logging;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Shared;

public sealed class LogThrottleTests
{
    [Fact]
    public void A_burst_passes_then_the_rate_applies_and_suppressed_lines_are_reported_once()
    {
        var time = new TestClock();
        var throttle = new LogThrottle(time, burst: 10, perSecond: 5);
        Assert.Equal(10, Enumerable.Range(0, 100).Count(_ => throttle.Allows()));
        Assert.Equal(90, throttle.TakeSuppressed());
        Assert.Equal(0, throttle.TakeSuppressed());
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(5, Enumerable.Range(0, 100).Count(_ => throttle.Allows()));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(10, Enumerable.Range(0, 100).Count(_ => throttle.Allows()));
    }
}
