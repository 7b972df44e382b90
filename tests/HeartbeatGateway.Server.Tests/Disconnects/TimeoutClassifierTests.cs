using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Disconnects;
using HeartbeatGateway.Server.Transports;

namespace HeartbeatGateway.Server.Tests.Disconnects;

public sealed class TimeoutClassifierTests
{
    /// <summary>A client that pinged every 5 s and sent nothing for 7 s, and whose system acknowledged a probe.</summary>
    private static readonly TimeoutEvidence Silent = new()
    {
        Reason = CloseReason.ReaderIdle,
        Limit = Seconds(7),
        SilentTime = Seconds(7.01),
        UsualGap = Seconds(5),
        Tcp = new TcpStatistics { RoundTripTime = Seconds(0.02), SinceLastAcknowledgement = Seconds(0.8) },
        ProbeTime = Seconds(0.4),
    };

    [Fact]
    public void Without_other_evidence_the_client_was_silent()
    {
        Assert.Equal(TimeoutCause.ClientSilent, TimeoutClassifier.Classify(Silent));
        Assert.Equal(TimeoutCause.ClientSilent, TimeoutClassifier.Classify(Silent with { Tcp = null }));
    }

    [Theory]
    [InlineData(2, 3, 7, TimeoutCause.NetworkLoss)]
    [InlineData(2, 0, 7, TimeoutCause.ClientSilent)]
    [InlineData(0, 3, 7, TimeoutCause.ClientSilent)]
    [InlineData(2, 3, 3.4, TimeoutCause.ClientSilent)]
    [InlineData(2, 3, 3.5, TimeoutCause.NetworkLoss)]
    public void Sent_data_that_is_sent_again_without_an_acknowledgement_for_long_is_network_loss(int unacknowledged, int retransmits, double since, TimeoutCause cause) =>
        Assert.Equal(cause, TimeoutClassifier.Classify(Silent with
        {
            Tcp = new TcpStatistics { Unacknowledged = unacknowledged, PendingRetransmits = retransmits, SinceLastAcknowledgement = Seconds(since) },
        }));

    [Theory]
    [InlineData(0.02, 0.01, TimeoutCause.NetworkLoss)]
    [InlineData(0.02, 0.095, TimeoutCause.NetworkLoss)]
    [InlineData(0.02, 0.096, TimeoutCause.ClientSilent)]
    [InlineData(0.5, 0, TimeoutCause.ClientSilent)]
    public void An_unanswered_probe_is_network_loss_when_an_answer_would_have_had_the_time(double rtt, double variation, TimeoutCause cause) =>
        Assert.Equal(cause, TimeoutClassifier.Classify(Silent with
        {
            Tcp = new TcpStatistics { UnansweredProbes = 1, RoundTripTime = Seconds(rtt), RoundTripVariation = Seconds(variation), SinceLastAcknowledgement = Seconds(7) },
        }));

    [Theory]
    [InlineData(5.94, TimeoutCause.ClientSilent)]
    [InlineData(5.95, TimeoutCause.IntervalTooLong)]
    [InlineData(6.9, TimeoutCause.IntervalTooLong)]
    [InlineData(30, TimeoutCause.IntervalTooLong)]
    public void A_usual_gap_close_to_the_limit_or_above_is_too_long(double gap, TimeoutCause cause) =>
        Assert.Equal(cause, TimeoutClassifier.Classify(Silent with { UsualGap = Seconds(gap) }));

    [Fact]
    public void A_client_that_never_reaches_its_second_heartbeat_has_a_too_long_interval()
    {
        Assert.Equal(TimeoutCause.IntervalTooLong, TimeoutClassifier.Classify(Silent with { UsualGap = null, HasRepeatedly = true }));
        Assert.Equal(TimeoutCause.ClientSilent, TimeoutClassifier.Classify(Silent with { UsualGap = null }));
        // Its gaps are known and fit.
        Assert.Equal(TimeoutCause.ClientSilent, TimeoutClassifier.Classify(Silent with { HasRepeatedly = true }));
    }

    [Theory]
    [InlineData(CloseReason.HandshakeTimeout)]
    [InlineData(CloseReason.FrameTimeout)]
    [InlineData(CloseReason.SlowConsumer)]
    public void Only_idle_timeouts_are_due_to_the_interval(CloseReason reason) =>
        Assert.Equal(TimeoutCause.ClientSilent, TimeoutClassifier.Classify(Silent with { Reason = reason, UsualGap = Seconds(30), HasRepeatedly = true }));

    [Theory]
    [InlineData(0, 5.0, TimeoutCause.ClientSilent)]
    [InlineData(3.4, 5.0, TimeoutCause.ClientSilent)]
    [InlineData(3.5, 5.0, TimeoutCause.GatewayStall)]
    [InlineData(1, 1.0, TimeoutCause.GatewayStall)]
    [InlineData(3.5, null, TimeoutCause.GatewayStall)]
    public void A_pause_as_long_as_the_usual_gap_or_half_of_the_limit_is_the_gateways_fault(double paused, double? gap, TimeoutCause cause) =>
        Assert.Equal(cause, TimeoutClassifier.Classify(Silent with { Paused = Seconds(paused), UsualGap = gap is { } known ? Seconds(known) : null }));

    [Fact]
    public void The_gateways_own_fault_comes_before_the_networks_and_that_before_the_interval()
    {
        var all = Silent with { LeftUnread = true, UsualGap = Seconds(7), Tcp = new TcpStatistics { Unacknowledged = 1, PendingRetransmits = 1, SinceLastAcknowledgement = Seconds(7) } };
        Assert.Equal(TimeoutCause.GatewayStall, TimeoutClassifier.Classify(all));
        Assert.Equal(TimeoutCause.NetworkLoss, TimeoutClassifier.Classify(all with { LeftUnread = false }));
        Assert.Equal(TimeoutCause.IntervalTooLong, TimeoutClassifier.Classify(all with { LeftUnread = false, Tcp = null }));
    }

    [Theory]
    [InlineData(null, new double[0])]
    [InlineData(5.0, new double[] { 5 })]
    [InlineData(4.5, new double[] { 4, 5 })]
    [InlineData(5.0, new double[] { 6, 5, 1 })]
    [InlineData(5.0, new double[] { 0, 0, 0, 5 })]
    [InlineData(null, new double[] { 0, 0 })]
    public void The_usual_gap_is_the_median_without_pings_that_came_together(double? usual, double[] gaps) =>
        Assert.Equal(usual, TimeoutClassifier.UsualGap([.. gaps.Select(Seconds)])?.TotalSeconds);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
