using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Disconnects;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Tests.Disconnects;

public sealed class DisconnectOriginsTests
{
    [Fact]
    public void Each_reason_and_each_cause_has_an_origin()
    {
        Assert.All(CloseReasons.All, reason => Assert.Contains(DisconnectOrigins.Of(reason, null), DisconnectOrigins.All));
        Assert.All(CloseReasons.All, reason => Assert.All(TimeoutCauses.Of(reason), cause => Assert.Contains(DisconnectOrigins.Of(reason, cause), DisconnectOrigins.All)));
        Assert.Throws<ArgumentOutOfRangeException>(() => DisconnectOrigins.Of(CloseReason.None, null));
    }

    [Theory]
    [InlineData(CloseReason.ReaderIdle, TimeoutCause.ClientSilent, DisconnectOrigin.Client)]
    [InlineData(CloseReason.ReaderIdle, TimeoutCause.IntervalTooLong, DisconnectOrigin.Client)]
    [InlineData(CloseReason.AllIdle, TimeoutCause.NetworkLoss, DisconnectOrigin.Network)]
    [InlineData(CloseReason.SlowConsumer, TimeoutCause.GatewayStall, DisconnectOrigin.Gateway)]
    [InlineData(CloseReason.HandshakeTimeout, null, DisconnectOrigin.Client)]
    [InlineData(CloseReason.PeerClosed, null, DisconnectOrigin.Client)]
    [InlineData(CloseReason.PeerReset, null, DisconnectOrigin.Network)]
    [InlineData(CloseReason.Replaced, null, DisconnectOrigin.Client)]
    [InlineData(CloseReason.LimitMemory, null, DisconnectOrigin.Gateway)]
    [InlineData(CloseReason.Kicked, null, DisconnectOrigin.Operator)]
    [InlineData(CloseReason.Draining, null, DisconnectOrigin.Operator)]
    public void The_origin_follows_reason_and_cause(CloseReason reason, TimeoutCause? cause, DisconnectOrigin origin) =>
        Assert.Equal(origin, DisconnectOrigins.Of(reason, cause));

    [Fact]
    public void Names_are_unique_and_read_back()
    {
        Assert.Equal(["client", "network", "gateway", "operator"], DisconnectOrigins.All.Select(o => o.ToWireName()));
        Assert.Equal(["client_silent", "network_loss", "interval_too_long", "gateway_stall"], TimeoutCauses.All.Select(c => c.ToWireName()));
        Assert.All(DisconnectOrigins.All, o => Assert.Equal((true, o), (DisconnectOrigins.TryParse(o.ToWireName(), out var read), read)));
        Assert.All(TimeoutCauses.All, c => Assert.Equal((true, c), (TimeoutCauses.TryParse(c.ToWireName(), out var read), read)));
        Assert.False(DisconnectOrigins.TryParse("Client", out _));
        Assert.False(TimeoutCauses.TryParse(null, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => ((DisconnectOrigin)99).ToWireName());
        Assert.Throws<ArgumentOutOfRangeException>(() => ((TimeoutCause)99).ToWireName());
    }

    [Fact]
    public void Each_reason_with_a_kind_of_timeout_has_causes_and_no_other() =>
        Assert.All(CloseReasons.All, reason => Assert.Equal(MetricLabels.TimeoutKindOf(reason) is not null, !TimeoutCauses.Of(reason).IsEmpty));
}
