using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Disconnects;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Server.Transports;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Timeouts;

/// <summary>Each cause of a timeout, where it is made, and in each place where it appears.</summary>
public sealed class TimeoutCauseTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(7);

    [Fact]
    public async Task A_silent_client_is_client_silent_in_metric_log_event_and_history()
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync(EngineHarness.Hello(acceptsClose: false));
        await PingAsync(gateway, client, gaps: 3, TimeSpan.FromSeconds(5));
        await TimeOutAsync(gateway, client);

        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.timeouts", ("kind", "reader_idle"), ("cause", "client_silent")));
        Assert.Equal(1, gateway.Metrics.Sum("heartbeatgateway.timeouts"));
        var line = Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "ConnectionClosed");
        Assert.Contains("closed: reader_idle;", line.Message, StringComparison.Ordinal);
        Assert.EndsWith("; origin client, cause client_silent", line.Message, StringComparison.Ordinal);
        var left = (await gateway.EventsAsync())[^1];
        Assert.Equal((CloseReason.ReaderIdle, TimeoutCause.ClientSilent, DisconnectOrigin.Client), (left.Reason, left.Cause, left.Origin));
        var record = Assert.Single(gateway.Engine.EnumerateDisconnects());
        Assert.Equal((1, "pump-17", CloseReason.ReaderIdle, DisconnectOrigin.Client, true), (record.Number, record.ClientId, record.Reason, record.Origin, record.IsConnected));
        Assert.Equal(left.Client.Generation, record.Generation);
        Assert.Equal((5L, TestSecrets.KeyId), (record.FramesRead, record.KeyId));
        var found = record.PostMortem!;
        Assert.Equal((TimeoutCause.ClientSilent, Limit, TimeSpan.FromSeconds(5), TimeSpan.Zero), (found.Cause, found.Limit, found.UsualGap, found.StallTime));
        Assert.InRange(found.SilentTime, Limit, Limit + TimerWheel.TickInterval);
        Assert.Equal(3, found.Gaps.Count);
        Assert.Null(found.Tcp);
    }

    [Theory]
    [InlineData(0, "reader_idle", "network_loss")]
    [InlineData(4, "all_idle", "network_loss")]
    public async Task Unacknowledged_output_is_network_loss(int allIdle, string kind, string cause)
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.AllIdle = TimeSpan.FromSeconds(allIdle));
        var client = gateway.Connect();
        client.Context.Features.Set<ITransportInfoFeature>(new Measured(
            new TcpStatistics { Unacknowledged = 1, PendingRetransmits = 4, SinceLastAcknowledgement = TimeSpan.FromSeconds(6.9) }));
        await client.PingAsync();
        await TimeOutAsync(gateway, client);
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.timeouts", ("kind", kind), ("cause", cause)));
        var record = Assert.Single(gateway.Engine.EnumerateDisconnects());
        Assert.Equal((DisconnectOrigin.Network, 4), (record.Origin, record.PostMortem!.Tcp!.Value.PendingRetransmits));
    }

    [Fact]
    public async Task Gaps_close_to_the_limit_are_interval_too_long()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        await PingAsync(gateway, client, gaps: 3, TimeSpan.FromSeconds(6.5));
        await TimeOutAsync(gateway, client);
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.timeouts", ("kind", "reader_idle"), ("cause", "interval_too_long")));
    }

    [Fact]
    public async Task A_client_that_is_always_closed_before_its_second_ping_is_interval_too_long_from_the_second_time_on()
    {
        using var gateway = new EngineHarness();
        for (var i = 1; i <= 3; i++)
        {
            var (client, _) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: i, acceptsClose: false));
            await TimeOutAsync(gateway, client);
            gateway.Advance(TimeSpan.FromSeconds(3));
        }

        Assert.Equal(
            [TimeoutCause.IntervalTooLong, TimeoutCause.IntervalTooLong, TimeoutCause.ClientSilent], gateway.Engine.EnumerateDisconnects().Select(r => r.PostMortem!.Cause));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_long_pause_in_the_silence_or_just_before_it_is_gateway_stall(bool pingsDuringThePause)
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        await PingAsync(gateway, client, gaps: 2, TimeSpan.FromSeconds(2));
        gateway.Stall(TimeSpan.FromSeconds(10));
        // A ping that was sent during the pause is read after it.
        if (pingsDuringThePause) await client.PingAsync();
        await TimeOutAsync(gateway, client);
        var found = Assert.Single(gateway.Engine.EnumerateDisconnects()).PostMortem!;
        Assert.Equal((TimeoutCause.GatewayStall, TimeSpan.FromSeconds(10)), (found.Cause, found.StallTime));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.timeouts", ("kind", "reader_idle"), ("cause", "gateway_stall")));
    }

    [Fact]
    public async Task A_pause_long_before_the_silence_is_not()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        gateway.Stall(TimeSpan.FromSeconds(10));
        await PingAsync(gateway, client, gaps: 3, TimeSpan.FromSeconds(5));
        await TimeOutAsync(gateway, client);
        var found = Assert.Single(gateway.Engine.EnumerateDisconnects()).PostMortem!;
        Assert.Equal((TimeoutCause.ClientSilent, TimeSpan.Zero), (found.Cause, found.StallTime));
    }

    [Theory]
    [InlineData(true, "reader_idle", "gateway_stall")]
    [InlineData(false, "handshake", "client_silent")]
    public async Task Bytes_that_were_left_unread_are_gateway_stall_for_a_client_and_prove_nothing_before_it_is_one(bool isClient, string kind, string cause)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        if (isClient) await client.PingAsync();
        client.Context.Features.Set<ITransportInfoFeature>(new Measured(default, hasUnread: true));
        gateway.Advance(TimerWheel.StallThreshold);
        await TimeOutAsync(gateway, client);
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.timeouts", ("kind", kind), ("cause", cause)));
    }

    [Fact]
    public void All_series_exist_from_the_start()
    {
        using var gateway = new EngineHarness();
        var series = gateway.Metrics.Series().Keys.Where(k => k.StartsWith("heartbeatgateway.timeouts|", StringComparison.Ordinal)).ToList();
        Assert.Equal(CloseReasons.All.Sum(r => TimeoutCauses.Of(r).Length), series.Count);
        Assert.Contains("heartbeatgateway.timeouts|kind=handshake|cause=network_loss", series);
        Assert.DoesNotContain("heartbeatgateway.timeouts|kind=handshake|cause=interval_too_long", series);
    }

    [Fact]
    public async Task Each_way_to_end_is_in_the_history_with_its_detail_and_health_checks_are_not()
    {
        using var gateway = new EngineHarness();
        var probe = gateway.Connect(IPAddress.Parse("192.0.2.9"));
        await probe.DisconnectAsync();
        var stranger = gateway.Connect(IPAddress.Parse("192.0.2.8"));
        await stranger.SendAsync(new byte[200]);
        await stranger.ClosedWithoutFrameAsync();
        var (first, _) = await gateway.IdentifiedAsync();
        var (second, _) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        await first.ClosedWithFrameAsync();
        gateway.Engine.CloseClient("pump-17", CloseReason.Kicked);
        await second.ClosedWithFrameAsync();
        var records = gateway.Engine.EnumerateDisconnects().ToList();
        Assert.Equal([CloseReason.Kicked, CloseReason.Replaced, CloseReason.BadMagic], records.Select(r => r.Reason));
        Assert.Equal([DisconnectOrigin.Operator, DisconnectOrigin.Client, DisconnectOrigin.Client], records.Select(r => r.Origin));
        Assert.Equal([3, 2, 1], records.Select(r => r.Number));
        Assert.All(records, r => Assert.Null(r.PostMortem));
        Assert.Equal((false, null, 200), (records[2].IsConnected, records[2].ClientId, records[2].BytesRead));
        Assert.Contains("00 00 00 76", records[2].Detail, StringComparison.Ordinal);
    }

    private static async Task PingAsync(EngineHarness gateway, InMemoryClient client, int gaps, TimeSpan gap)
    {
        await client.PingAsync();
        for (var i = 0; i < gaps; i++)
        {
            gateway.Advance(gap);
            await client.PingAsync();
        }
    }

    private static async Task TimeOutAsync(EngineHarness gateway, InMemoryClient client)
    {
        gateway.Advance(Limit + TimerWheel.TickInterval);
        client.CloseOutput();
        await client.Handler.WaitAsync(TimeSpan.FromSeconds(20));
    }

    private sealed class Measured(TcpStatistics statistics, bool hasUnread = false) : ITransportInfoFeature
    {
        public long? AcknowledgedBytes => null;

        public TcpStatistics? Statistics => statistics;

        public bool HasUnreadInput(TimeSpan sinceLastRead) => hasUnread;

        public void ShutdownSend()
        {
        }
    }
}
