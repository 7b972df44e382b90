using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Outbound;

public sealed class OutboundTests
{
    private const int PauseThreshold = 4 * 1024;

    [Fact]
    public async Task Send_reaches_one_client_and_broadcast_reaches_all_authenticated_clients()
    {
        using var gateway = new EngineHarness();
        var one = await gateway.ConnectedAsync();
        var other = await gateway.ConnectedAsync();
        var unauthenticated = gateway.Connect();
        var id = gateway.Engine.Table.All().First().Id;

        Assert.Equal(SendResult.Accepted, gateway.Engine.Send(id, "news", "for one"u8.ToArray()));
        Assert.Equal(2, gateway.Engine.Broadcast("news", "for all"u8.ToArray()));
        Assert.Equal([("news", "for one"), ("news", "for all")], one.TakeFrames());
        Assert.Equal([("news", "for all")], other.TakeFrames());
        Assert.Empty(unauthenticated.TakeFrames());
    }

    [Fact]
    public async Task Send_and_close_with_the_id_of_an_ended_connection_affect_no_other_connection()
    {
        using var gateway = new EngineHarness();
        var first = await gateway.ConnectedAsync();
        var id = gateway.Engine.Table.All().Single().Id;
        Assert.True(gateway.Engine.Close(id, CloseReason.Kicked));
        Assert.False(gateway.Engine.Close(id, CloseReason.Banned));
        await first.Handler;
        var second = await gateway.ConnectedAsync();

        Assert.Equal(SendResult.NotConnected, gateway.Engine.Send(id, "news", default));
        Assert.False(gateway.Engine.Close(id, CloseReason.Kicked));
        Assert.Empty(second.TakeFrames());
        Assert.Equal(1, gateway.Closed("kicked"));
    }

    [Fact]
    public async Task A_client_with_the_close_feature_gets_the_close_reason_and_the_retry_flag()
    {
        using var gateway = new EngineHarness();
        var (withClose, _) = await gateway.IdentifiedAsync();
        var (withoutClose, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("pump-18", acceptsClose: false));
        var connections = gateway.Engine.Table.All().ToList();
        foreach (var connection in connections) Assert.True(gateway.Engine.Close(connection.Id, CloseReason.Banned, retry: false));

        Assert.Equal(("close", """{"reason":"banned","retry":false,"serverTime":"2026-11-22T10:00:00Z"}"""), await withClose.ReadFrameAsync());
        withClose.CloseOutput();
        await Task.WhenAll(withClose.Handler, withoutClose.Handler);
        Assert.Equal(2, gateway.Closed("banned"));
    }

    [Fact]
    public async Task No_frame_is_accepted_after_the_close_frame()
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync();
        var connection = gateway.Engine.Table.All().Single();
        Assert.True(gateway.Engine.Close(connection.Id, CloseReason.Kicked));
        Assert.Equal(SendResult.NotConnected, gateway.Engine.Send(connection.Id, "news", default));
        Assert.Equal(0, gateway.Engine.Broadcast("news", default));
        Assert.Equal("close", (await client.ReadFrameAsync()).Type);
        client.CloseOutput();
        await client.Handler;
        Assert.Empty(client.TakeFrames());
    }

    [Fact]
    public async Task A_close_that_crosses_data_of_the_client_is_still_orderly()
    {
        using var gateway = new EngineHarness();
        for (var i = 0; i < 300; i++)
        {
            var (client, _) = await gateway.IdentifiedAsync();
            var connection = gateway.Engine.Table.All().Single();
            Assert.True(gateway.Engine.Close(connection.Id, CloseReason.Kicked));
            await client.PingAsync();
            Assert.Equal("close", (await client.ReadFrameAsync()).Type);
            client.CloseOutput();
            await client.Handler;
        }

        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), l => l.Id.Name == "ConnectionFailed");
    }

    [Fact]
    public async Task The_gateway_waits_two_seconds_for_the_peer_to_close_after_the_close_frame()
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync();
        var connection = gateway.Engine.Table.All().Single();
        gateway.Engine.Close(connection.Id, CloseReason.Kicked);
        await client.ReadFrameAsync();
        // The clean-up begins on the thread pool. Its two seconds start there.
        while (!client.Handler.IsCompleted)
        {
            await EngineHarness.SettleAsync();
            gateway.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(gateway.Time.GetElapsedTime(connection.EndedAt, gateway.Time.GetTimestamp()), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), l => l.Id.Name == "ConnectionFailed");
    }

    [Fact]
    public async Task A_client_that_reads_continuous_pushes_is_still_read_from()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync(pauseWriterThreshold: PauseThreshold);
        var id = gateway.Engine.Table.All().Single().Id;
        for (var i = 0; i < 8; i++) gateway.Engine.Send(id, "news", new byte[8 * 1024]);
        // More answers than MaxPendingBytes allows, followed by a message.
        var sending = client.SendAsync((byte[])[.. Enumerable.Repeat(client.Ping, 300).SelectMany(p => p), .. client.Frame("message", "at last")]);
        for (var i = 0; gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "accepted")) == 0; i++)
        {
            Assert.True(i < 10_000, "The message was not read in time.");
            gateway.Engine.Send(id, "news", new byte[8 * 1024]);
            await client.ReadFrameAsync();
        }

        await sending;
    }

    [Theory]
    [InlineData(CloseReason.None)]
    [InlineData(CloseReason.LimitTotal)]
    public async Task A_reason_that_cannot_end_an_admitted_connection_is_refused(CloseReason reason)
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        var id = gateway.Engine.Table.All().Single().Id;
        Assert.Throws<ArgumentOutOfRangeException>(() => gateway.Engine.Close(id, reason));
        Assert.False(client.Handler.IsCompleted);
    }

    [Fact]
    public async Task Pending_bytes_of_a_client_are_bounded_and_frames_above_the_bound_are_dropped_and_counted()
    {
        using var gateway = new EngineHarness(o => o.Outbound.MaxPendingBytes = 10_000);
        var client = await gateway.ConnectedAsync(pauseWriterThreshold: PauseThreshold);
        var id = gateway.Engine.Table.All().Single().Id;
        var accepted = 0;
        while (gateway.Engine.Send(id, "news", new byte[842]) == SendResult.Accepted) accepted++;

        // 1,000 bytes a frame: the transport accepts four, the fifth exceeds its 4 KiB, and ten more can be pending.
        Assert.Equal(14, accepted);
        Assert.Equal(10_000, gateway.Metrics.Read("heartbeatgateway.outbound.pending"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.outbound_dropped", ("reason", "pending_limit")));

        for (var i = 0; i < 14; i++) Assert.Equal("news", (await client.ReadFrameAsync()).Type);
        Assert.Equal(SendResult.Accepted, gateway.Engine.Send(id, "news", default));
        Assert.Equal("news", (await client.ReadFrameAsync()).Type);
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.outbound.pending"));
    }

    [Fact]
    public async Task A_client_that_takes_nothing_for_the_write_timeout_ends_as_slow_consumer_without_effect_on_others()
    {
        using var gateway = new EngineHarness();
        var slow = await gateway.ConnectedAsync(pauseWriterThreshold: PauseThreshold);
        var quick = await gateway.ConnectedAsync(IPAddress.Parse("192.0.2.2"));
        gateway.Engine.Broadcast("news", new byte[8 * 1024]);
        for (var i = 0; i < 9; i++)
        {
            gateway.Advance(TimeSpan.FromSeconds(1));
            await slow.PingAsync();
            await quick.PingAsync();
        }

        Assert.False(slow.Handler.IsCompleted);
        gateway.Advance(TimeSpan.FromSeconds(1) + TimerWheel.TickInterval);
        await slow.Handler;
        Assert.Equal(1, gateway.Closed("slow_consumer"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.timeouts", ("kind", "write")));
        // The broadcast and nine answers were accepted for this client and never sent.
        Assert.Equal(10, gateway.Metrics.Read("heartbeatgateway.outbound_dropped", ("reason", "connection_ended")));
        Assert.Equal(10, quick.TakeFrames().Count);
        Assert.False(quick.Handler.IsCompleted);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_slow_client_that_makes_progress_is_not_a_slow_consumer()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync(pauseWriterThreshold: PauseThreshold);
        for (var i = 0; i < 12; i++) gateway.Engine.Broadcast("news", new byte[16 * 1024]);
        for (var i = 0; i < 12; i++)
        {
            gateway.Advance(TimeSpan.FromSeconds(6));
            await client.PingAsync();
            Assert.Equal("news", (await client.ReadFrameAsync()).Type);
        }

        Assert.False(client.Handler.IsCompleted);
    }

    [Fact]
    public async Task A_flooding_client_that_reads_no_answers_is_no_longer_read_from()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync(pauseWriterThreshold: PauseThreshold);
        var many = Enumerable.Repeat(client.Ping, 5_000).SelectMany(p => p).ToArray();
        var sending = client.SendAsync(many);
        Assert.InRange(gateway.Metrics.Read("heartbeatgateway.outbound.pending"), 1, 40_000);
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.outbound_dropped"));

        gateway.Advance(TimeSpan.FromSeconds(10) + TimerWheel.TickInterval);
        await client.Handler;
        Assert.Equal(1, gateway.Closed("slow_consumer"));
        await sending.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }
}
