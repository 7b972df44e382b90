using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Frames;

public sealed class HeartbeatNegotiationTests
{
    private static readonly TimeSpan OneMillisecond = TimeSpan.FromMilliseconds(1);

    [Theory]
    [InlineData(0.001, 1, 3)]
    [InlineData(0.999, 1, 3)]
    [InlineData(1, 1, 3)]
    [InlineData(2, 2, 3)]
    [InlineData(2.002, 2.002, 3.003)]
    [InlineData(5, 5, 7.5)]
    [InlineData(59.5, 59.5, 89.25)]
    [InlineData(60, 60, 90)]
    [InlineData(60.001, 60, 90)]
    [InlineData(86400, 60, 90)]
    public async Task The_requested_heartbeat_is_clamped_and_the_timeout_is_one_and_a_half_times_as_long(double requested, double heartbeat, double timeout)
    {
        using var gateway = new EngineHarness();
        var (_, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(heartbeat: TimeSpan.FromSeconds(requested)));
        Assert.Equal(heartbeat, welcome.Heartbeat.TotalSeconds, 3);
        Assert.Equal(timeout, welcome.Timeout.TotalSeconds, 3);
    }

    [Theory]
    [InlineData(1, 2, 4)]
    [InlineData(2.5, 2.5, 4)]
    [InlineData(9, 3, 4.5)]
    public async Task The_bounds_come_from_the_configuration(double requested, double heartbeat, double timeout)
    {
        using var gateway = new EngineHarness(o => (o.Heartbeat.MinInterval, o.Heartbeat.MaxInterval, o.Heartbeat.MinTimeout) =
            (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4)));
        var (_, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(heartbeat: TimeSpan.FromSeconds(requested)));
        Assert.Equal((heartbeat, timeout), (welcome.Heartbeat.TotalSeconds, welcome.Timeout.TotalSeconds));
    }

    [Theory]
    [InlineData(7, 5)]
    [InlineData(14, 10)]
    [InlineData(1, 0.714)]
    [InlineData(140, 100)]
    public async Task Without_a_request_the_heartbeat_is_five_sevenths_of_the_reader_idle_limit(double readerIdle, double heartbeat)
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ReaderIdle = TimeSpan.FromSeconds(readerIdle));
        var (_, welcome) = await gateway.IdentifiedAsync();
        Assert.Equal(readerIdle, welcome.Timeout.TotalSeconds);
        Assert.Equal(heartbeat, welcome.Heartbeat.TotalSeconds, 3);
    }

    [Theory]
    [InlineData(null, 7)]
    [InlineData(1.0, 3)]
    [InlineData(5.0, 7.5)]
    [InlineData(60.0, 90)]
    public async Task The_timeout_of_the_welcome_is_enforced(double? requested, double timeout)
    {
        using var gateway = new EngineHarness();
        var (client, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(heartbeat: requested is { } seconds ? TimeSpan.FromSeconds(seconds) : null));
        Assert.Equal(timeout, welcome.Timeout.TotalSeconds);
        gateway.Advance(welcome.Timeout - OneMillisecond);
        Assert.NotNull(gateway.Engine.FindClient("pump-17"));
        Assert.Empty(client.TakeFrames());

        gateway.Advance(TimerWheel.TickInterval + OneMillisecond);
        Assert.Null(gateway.Engine.FindClient("pump-17"));
        Assert.Equal("reader_idle", (await client.ClosedWithFrameAsync()).ReasonName);
        Assert.Equal(1, gateway.Closed("reader_idle"));
        Assert.InRange(Assert.Single(gateway.Metrics.Recorded("heartbeatgateway.idle_detection_delay")), 0, 0.025);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task Any_byte_restarts_the_negotiated_timeout()
    {
        using var gateway = new EngineHarness();
        var (client, _) = await gateway.IdentifiedAsync(EngineHarness.Hello(heartbeat: TimeSpan.FromSeconds(5.0)));
        for (var i = 0; i < 5; i++)
        {
            gateway.Advance(TimeSpan.FromSeconds(7.4));
            await client.PingAsync();
        }

        Assert.Equal(5, client.TakeFrames().Count(f => f.Type == "ping"));
        gateway.Advance(TimeSpan.FromSeconds(7.5) + TimerWheel.TickInterval);
        Assert.Equal("reader_idle", (await client.ClosedWithFrameAsync()).ReasonName);
    }

    [Theory]
    [InlineData(1.0, 3)]
    [InlineData(20.0, 30)]
    public async Task A_hello_after_pings_changes_the_timeout_from_then_on(double requested, double timeout)
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(6));
        await client.HelloAsync(EngineHarness.Hello(heartbeat: TimeSpan.FromSeconds(requested)));
        await client.ReadWelcomeAsync();
        gateway.Advance(TimeSpan.FromSeconds(timeout) - OneMillisecond);
        Assert.NotNull(gateway.Engine.FindClient("pump-17"));
        gateway.Advance(TimerWheel.TickInterval + OneMillisecond);
        Assert.Null(gateway.Engine.FindClient("pump-17"));
        Assert.Equal("reader_idle", (await client.ClosedWithFrameAsync()).ReasonName);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1.0)]
    [InlineData(60.0)]
    public async Task With_reader_idle_disabled_no_client_is_closed_for_inactivity(double? requested)
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ReaderIdle = TimeSpan.Zero);
        var (client, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(heartbeat: requested is { } seconds ? TimeSpan.FromSeconds(seconds) : null));
        Assert.Equal(TimeSpan.Zero, welcome.Timeout);
        if (requested is { } granted) Assert.Equal(granted, welcome.Heartbeat.TotalSeconds);
        else Assert.InRange(welcome.Heartbeat, gateway.Options.Heartbeat.MinInterval, gateway.Options.Heartbeat.MaxInterval);
        gateway.Advance(TimeSpan.FromMinutes(20));
        Assert.False(client.Handler.IsCompleted);
        await client.PingAsync();
        Assert.Equal([("ping", "")], client.TakeFrames());
    }

    [Fact]
    public async Task New_options_apply_to_later_hellos_and_negotiated_timeouts_stay()
    {
        using var gateway = new EngineHarness();
        var (negotiated, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("negotiated", heartbeat: TimeSpan.FromSeconds(20.0)));
        (gateway.Options.Heartbeat.MaxInterval, gateway.Options.Heartbeat.ReaderIdle) = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2.8));
        gateway.Engine.Reconfigure(gateway.Options);
        var (_, later) = await gateway.IdentifiedAsync(EngineHarness.Hello("later", heartbeat: TimeSpan.FromSeconds(20.0)));
        Assert.Equal((2, 3), (later.Heartbeat.TotalSeconds, later.Timeout.TotalSeconds));
        var (_, withoutRequest) = await gateway.IdentifiedAsync(EngineHarness.Hello("withoutRequest"));
        Assert.Equal((2, 2.8), (withoutRequest.Heartbeat.TotalSeconds, withoutRequest.Timeout.TotalSeconds));

        gateway.Advance(TimeSpan.FromSeconds(30) - OneMillisecond);
        Assert.Null(gateway.Engine.FindClient("later"));
        Assert.Null(gateway.Engine.FindClient("withoutRequest"));
        Assert.NotNull(gateway.Engine.FindClient("negotiated"));
        gateway.Advance(TimerWheel.TickInterval + OneMillisecond);
        Assert.Equal("reader_idle", (await negotiated.ClosedWithFrameAsync()).ReasonName);
    }
}
