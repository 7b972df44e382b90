using HeartbeatGateway.Client.Connection;
using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests.Connection;

public sealed class NegotiatedHeartbeatTests
{
    [Theory]
    [InlineData(null, 5, 10)]
    [InlineData(5.0, 5, 10)]
    [InlineData(3.0, 3, 10)]
    [InlineData(5.1, 5.1, 10.2)]
    [InlineData(60.0, 60, 120)]
    [InlineData(0.001, 1, 10)]
    public void What_is_granted_holds_within_reason(double? granted, double heartbeat, double deadAfter)
    {
        var grant = NegotiatedHeartbeat.From(ClientHarness.Options, granted is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        Assert.Equal(new NegotiatedHeartbeat(TimeSpan.FromSeconds(heartbeat), TimeSpan.FromSeconds(deadAfter)), grant);
    }

    [Fact]
    public void Who_asks_for_less_than_a_second_may_get_it()
    {
        var options = ClientHarness.Options with { Heartbeat = TimeSpan.FromMilliseconds(200) };
        Assert.Equal(TimeSpan.FromMilliseconds(200), NegotiatedHeartbeat.From(options, TimeSpan.FromMilliseconds(1)).Heartbeat);
    }

    [Theory]
    [InlineData(3600, 7200, 60, 120)]
    [InlineData(3600, 7200, 3600, 7200)]
    [InlineData(60, 120, 2, 10)]
    [InlineData(5, 8, 1, 8)]
    public void Who_must_ping_more_often_need_not_wait_as_long(double asked, double deadAfter, double granted, double expected)
    {
        var options = ClientHarness.Options with { Heartbeat = TimeSpan.FromSeconds(asked), ServerTimeout = TimeSpan.FromSeconds(deadAfter) };
        Assert.Equal(TimeSpan.FromSeconds(expected), NegotiatedHeartbeat.From(options, TimeSpan.FromSeconds(granted)).ServerTimeout);
    }

    [Fact]
    public void A_patience_that_is_long_anyway_stays()
    {
        var options = ClientHarness.Options with { ServerTimeout = TimeSpan.FromMinutes(10) };
        Assert.Equal(TimeSpan.FromMinutes(10), NegotiatedHeartbeat.From(options, TimeSpan.FromMinutes(1)).ServerTimeout);
    }
}
