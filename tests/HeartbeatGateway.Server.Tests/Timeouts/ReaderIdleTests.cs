using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Timeouts;

public sealed class ReaderIdleTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(7);

    [Fact]
    public async Task Closes_the_connection_when_no_byte_arrives_for_the_reader_idle_limit_and_not_earlier()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();

        gateway.Advance(Limit - TimeSpan.FromMilliseconds(1));
        Assert.False(client.Handler.IsCompleted);
        Assert.Equal(0, gateway.Closed("reader_idle"));

        gateway.Advance(TimerWheel.TickInterval + TimeSpan.FromMilliseconds(1));
        await client.Handler;
        Assert.Equal(1, gateway.Closed("reader_idle"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.timeouts", ("kind", "reader_idle")));
        Assert.InRange(Assert.Single(gateway.Metrics.Recorded("heartbeatgateway.idle_detection_delay")), 0, 0.025);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task One_byte_of_an_unfinished_frame_restarts_the_reader_idle_limit()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        gateway.Advance(Limit - TimeSpan.FromSeconds(1));
        await client.SendAsync(client.Ping.AsMemory(0, 1));

        gateway.Advance(Limit - TimeSpan.FromSeconds(1));
        Assert.False(client.Handler.IsCompleted);
        await client.SendAsync(client.Ping.AsMemory(1));
        gateway.Advance(Limit - TimeSpan.FromSeconds(1));
        Assert.False(client.Handler.IsCompleted);
    }

    [Fact]
    public async Task A_client_that_pings_stays_connected_and_one_that_only_receives_does_not()
    {
        using var gateway = new EngineHarness();
        var pinging = await gateway.ConnectedAsync();
        var receiving = await gateway.ConnectedAsync();

        for (var i = 0; i < 10; i++)
        {
            gateway.Advance(TimeSpan.FromSeconds(5));
            gateway.Engine.Broadcast("news", "hello"u8.ToArray());
            await pinging.PingAsync();
        }

        await receiving.Handler;
        Assert.False(pinging.Handler.IsCompleted);
        Assert.Equal(1, gateway.Engine.ConnectedClients);
        Assert.Equal(1, gateway.Closed("reader_idle"));
    }

    [Fact]
    public async Task Zero_disables_reader_idle()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ReaderIdle = TimeSpan.Zero);
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromMinutes(10));
        Assert.False(client.Handler.IsCompleted);
    }

    [Fact]
    public async Task A_process_pause_does_not_count_as_idle_time()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(4));

        gateway.Stall(TimeSpan.FromSeconds(10));
        gateway.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(client.Handler.IsCompleted);

        gateway.Advance(TimeSpan.FromSeconds(0.2));
        await client.Handler;
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.stalls"));
        Assert.Equal(10, gateway.Metrics.Read("heartbeatgateway.stall"), 3);
    }

    [Fact]
    public async Task Gaps_below_a_second_shift_no_deadline_so_that_a_throttled_gateway_still_detects_idle_clients()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        for (var i = 0; i < 8; i++) gateway.Stall(TimeSpan.FromSeconds(0.9));
        await client.Handler;
        Assert.Equal(1, gateway.Closed("reader_idle"));
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.stalls"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public async Task A_limit_shorter_than_the_handshake_timeout_applies_from_the_first_frame(int handshakeSeconds)
    {
        using var gateway = new EngineHarness(o => (o.Admission.HandshakeTimeout, o.Heartbeat.ReaderIdle) = (TimeSpan.FromSeconds(handshakeSeconds), TimeSpan.FromSeconds(2)));
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(2) + TimerWheel.TickInterval);
        await client.Handler;
        Assert.Equal(1, gateway.Closed("reader_idle"));
    }

    [Fact]
    public async Task A_reloaded_limit_applies_to_open_connections()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(3));

        gateway.Options.Heartbeat.ReaderIdle = TimeSpan.FromSeconds(2);
        gateway.Engine.Reconfigure(gateway.Options);
        gateway.Advance(TimerWheel.TickInterval);
        await client.Handler;
        Assert.Equal(1, gateway.Closed("reader_idle"));
    }
}
