using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Timeouts;

public sealed class WriterAndAllIdleTests
{
    [Fact]
    public async Task The_gateway_sends_a_ping_when_it_wrote_nothing_for_the_writer_idle_limit_and_again_after_each_limit()
    {
        using var gateway = new EngineHarness(o => (o.Heartbeat.ReaderIdle, o.Heartbeat.WriterIdle) = (TimeSpan.Zero, TimeSpan.FromSeconds(3)));
        var client = await gateway.ConnectedAsync();

        gateway.Advance(TimeSpan.FromSeconds(2.999));
        Assert.Empty(client.TakeFrames());
        gateway.Advance(TimerWheel.TickInterval);
        Assert.Equal([("ping", "")], client.TakeFrames());
        gateway.Advance(TimeSpan.FromSeconds(6) + (2 * TimerWheel.TickInterval));
        Assert.Equal(2, client.TakeFrames().Count);
    }

    [Fact]
    public async Task A_write_restarts_the_writer_idle_limit()
    {
        using var gateway = new EngineHarness(o => (o.Heartbeat.ReaderIdle, o.Heartbeat.WriterIdle) = (TimeSpan.Zero, TimeSpan.FromSeconds(3)));
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(2));
        gateway.Engine.Broadcast("news", default);
        client.TakeFrames();
        gateway.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Empty(client.TakeFrames());
    }

    [Fact]
    public async Task All_idle_closes_only_when_nothing_was_read_or_written()
    {
        using var gateway = new EngineHarness(o => (o.Heartbeat.ReaderIdle, o.Heartbeat.AllIdle) = (TimeSpan.Zero, TimeSpan.FromSeconds(4)));
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(3));
        gateway.Engine.Broadcast("news", default);
        gateway.Advance(TimeSpan.FromSeconds(3.9));
        Assert.False(client.Handler.IsCompleted);

        gateway.Advance(TimeSpan.FromSeconds(0.2));
        await client.Handler;
        Assert.Equal(1, gateway.Closed("all_idle"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.timeouts", ("kind", "all_idle")));
    }
}
