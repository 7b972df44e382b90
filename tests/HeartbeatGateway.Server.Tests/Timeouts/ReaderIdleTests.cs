using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Timeouts;

public sealed class ReaderIdleTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(7);

    [Fact]
    public async Task A_silent_client_is_closed_at_its_limit_and_not_before()
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
    public async Task One_byte_of_an_unfinished_frame_restarts_the_clock()
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
    public async Task A_client_that_pings_lives_for_ever_and_one_that_only_receives_does_not()
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
    public async Task Zero_switches_it_off()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ReaderIdle = TimeSpan.Zero);
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromMinutes(10));
        Assert.False(client.Handler.IsCompleted);
    }

    [Fact]
    public async Task A_pause_of_the_process_is_nobodys_silence()
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
    public async Task Gaps_below_a_second_shift_nothing_so_that_a_throttled_gateway_still_finds_the_mute()
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
    public async Task A_limit_shorter_than_the_handshakes_holds_from_the_first_frame_on(int handshakeSeconds)
    {
        using var gateway = new EngineHarness(o => (o.Admission.HandshakeTimeout, o.Heartbeat.ReaderIdle) = (TimeSpan.FromSeconds(handshakeSeconds), TimeSpan.FromSeconds(2)));
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(2) + TimerWheel.TickInterval);
        await client.Handler;
        Assert.Equal(1, gateway.Closed("reader_idle"));
    }

    [Fact]
    public async Task A_new_limit_holds_for_open_connections()
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
