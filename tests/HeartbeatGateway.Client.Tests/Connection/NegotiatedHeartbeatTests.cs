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
    public void Applies_the_granted_heartbeat_within_bounds(double? granted, double heartbeat, double deadAfter)
    {
        var grant = NegotiatedHeartbeat.From(ClientHarness.Options, granted is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        Assert.Equal(new NegotiatedHeartbeat(TimeSpan.FromSeconds(heartbeat), TimeSpan.FromSeconds(deadAfter)), grant);
    }

    [Fact]
    public void A_client_that_requests_less_than_a_second_can_be_granted_it()
    {
        var options = ClientHarness.Options with { Heartbeat = TimeSpan.FromMilliseconds(200) };
        Assert.Equal(TimeSpan.FromMilliseconds(200), NegotiatedHeartbeat.From(options, TimeSpan.FromMilliseconds(1)).Heartbeat);
    }

    [Theory]
    [InlineData(3600, 7200, 60, 120)]
    [InlineData(3600, 7200, 3600, 7200)]
    [InlineData(60, 120, 2, 10)]
    [InlineData(5, 8, 1, 8)]
    public void A_shorter_granted_heartbeat_shortens_the_server_timeout(double asked, double deadAfter, double granted, double expected)
    {
        var options = ClientHarness.Options with { Heartbeat = TimeSpan.FromSeconds(asked), ServerTimeout = TimeSpan.FromSeconds(deadAfter) };
        Assert.Equal(TimeSpan.FromSeconds(expected), NegotiatedHeartbeat.From(options, TimeSpan.FromSeconds(granted)).ServerTimeout);
    }

    [Fact]
    public void A_long_server_timeout_is_kept_with_a_longer_granted_heartbeat()
    {
        var options = ClientHarness.Options with { ServerTimeout = TimeSpan.FromMinutes(10) };
        Assert.Equal(TimeSpan.FromMinutes(10), NegotiatedHeartbeat.From(options, TimeSpan.FromMinutes(1)).ServerTimeout);
    }
}
