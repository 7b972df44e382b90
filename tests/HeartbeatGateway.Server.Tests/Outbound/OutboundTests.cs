using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Outbound;

public sealed class OutboundTests
{
    private const int Slow = 4 * 1024;

    [Fact]
    public async Task Send_reaches_one_and_broadcast_reaches_all()
    {
        using var gateway = new EngineHarness();
        var one = await gateway.ConnectedAsync();
        var other = await gateway.ConnectedAsync();
        var stranger = gateway.Connect();
        var id = gateway.Engine.Table.All().First().Id;

        Assert.Equal(SendResult.Accepted, gateway.Engine.Send(id, "news", "for one"u8.ToArray()));
        Assert.Equal(2, gateway.Engine.Broadcast("news", "for all"u8.ToArray()));
        Assert.Equal([("news", "for one"), ("news", "for all")], one.TakeFrames());
        Assert.Equal([("news", "for all")], other.TakeFrames());
        Assert.Empty(stranger.TakeFrames());
    }

    [Fact]
    public async Task Nobody_is_sent_to_under_the_id_of_a_connection_that_has_ended()
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
    public async Task A_client_that_asked_for_it_is_told_why_it_is_closed_and_whether_to_come_back()
    {
        using var gateway = new EngineHarness();
        var (told, _) = await gateway.IdentifiedAsync();
        var (untold, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("pump-18", acceptsClose: false));
        var connections = gateway.Engine.Table.All().ToList();
        foreach (var connection in connections) Assert.True(gateway.Engine.Close(connection.Id, CloseReason.Banned, retry: false));

        Assert.Equal(("close", """{"reason":"banned","retry":false,"serverTime":"2026-11-22T10:00:00Z"}"""), await told.ReadFrameAsync());
        told.CloseOutput();
        await Task.WhenAll(told.Handler, untold.Handler);
        Assert.Equal(2, gateway.Closed("banned"));
    }

    [Fact]
    public async Task After_the_last_frame_nothing_more_is_taken()
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
    public async Task A_close_that_meets_data_of_the_client_is_still_an_orderly_one()
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
    public async Task A_peer_that_does_not_close_after_the_last_frame_is_waited_for_two_seconds()
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync();
        var connection = gateway.Engine.Table.All().Single();
        gateway.Engine.Close(connection.Id, CloseReason.Kicked);
        await client.ReadFrameAsync();
        // The unwinding begins on the thread pool: its patience is counted from there.
        while (!client.Handler.IsCompleted)
        {
            await EngineHarness.SettleAsync();
            gateway.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(gateway.Time.GetElapsedTime(connection.EndedAt, gateway.Time.GetTimestamp()), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), l => l.Id.Name == "ConnectionFailed");
    }

    [Fact]
    public async Task A_client_that_is_pushed_to_all_the_time_and_reads_is_read_from_too()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync(pauseWriterThreshold: Slow);
        var id = gateway.Engine.Table.All().Single().Id;
        for (var i = 0; i < 8; i++) gateway.Engine.Send(id, "news", new byte[8 * 1024]);
        // More answers than may wait, and a message behind them.
        var sending = client.SendAsync((byte[])[.. Enumerable.Repeat(client.Ping, 300).SelectMany(p => p), .. client.Frame("message", "at last")]);
        for (var i = 0; gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "accepted")) == 0; i++)
        {
            Assert.True(i < 10_000, "The message was never read.");
            gateway.Engine.Send(id, "news", new byte[8 * 1024]);
            await client.ReadFrameAsync();
        }

        await sending;
    }

    [Theory]
    [InlineData(CloseReason.None)]
    [InlineData(CloseReason.LimitTotal)]
    public async Task A_reason_that_ends_no_admitted_connection_is_refused(CloseReason reason)
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        var id = gateway.Engine.Table.All().Single().Id;
        Assert.Throws<ArgumentOutOfRangeException>(() => gateway.Engine.Close(id, reason));
        Assert.False(client.Handler.IsCompleted);
    }

    [Fact]
    public async Task What_waits_for_a_client_is_bounded_and_what_is_above_is_dropped_and_counted()
    {
        using var gateway = new EngineHarness(o => o.Outbound.MaxPendingBytes = 10_000);
        var client = await gateway.ConnectedAsync(pauseWriterThreshold: Slow);
        var id = gateway.Engine.Table.All().Single().Id;
        var accepted = 0;
        while (gateway.Engine.Send(id, "news", new byte[842]) == SendResult.Accepted) accepted++;

        // 1,000 bytes a frame: the transport takes four, the fifth goes above its 4 KiB, and ten may wait.
        Assert.Equal(14, accepted);
        Assert.Equal(10_000, gateway.Metrics.Read("heartbeatgateway.outbound.pending"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.outbound_dropped", ("reason", "pending_limit")));

        for (var i = 0; i < 14; i++) Assert.Equal("news", (await client.ReadFrameAsync()).Type);
        Assert.Equal(SendResult.Accepted, gateway.Engine.Send(id, "news", default));
        Assert.Equal("news", (await client.ReadFrameAsync()).Type);
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.outbound.pending"));
    }

    [Fact]
    public async Task A_client_that_takes_nothing_for_the_write_timeout_ends_as_slow_consumer_and_others_notice_nothing()
    {
        using var gateway = new EngineHarness();
        var slow = await gateway.ConnectedAsync(pauseWriterThreshold: Slow);
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
        // The broadcast and nine answers were accepted for it and never left.
        Assert.Equal(10, gateway.Metrics.Read("heartbeatgateway.outbound_dropped", ("reason", "connection_ended")));
        Assert.Equal(10, quick.TakeFrames().Count);
        Assert.False(quick.Handler.IsCompleted);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_slow_client_that_makes_progress_is_not_a_slow_consumer()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync(pauseWriterThreshold: Slow);
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
    public async Task A_flooder_that_reads_no_answers_is_not_read_any_further()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync(pauseWriterThreshold: Slow);
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
