using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Timeouts;

public sealed class HandshakeAndFrameTimeoutTests
{
    [Fact]
    public async Task An_unauthenticated_connection_that_sends_nothing_ends_as_handshake_timeout_at_the_reader_idle_limit()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        gateway.Advance(TimeSpan.FromSeconds(6.999));
        Assert.False(client.Handler.IsCompleted);
        gateway.Advance(TimerWheel.TickInterval);
        await client.Handler;
        Assert.Equal(1, gateway.Closed("handshake_timeout"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.timeouts", ("kind", "handshake")));
        gateway.AssertBalanced();
    }

    [Theory]
    [InlineData(null, 7)]
    [InlineData(2.0, 2)]
    [InlineData(0.0, null)]
    public async Task Without_a_reader_idle_limit_the_handshake_timeout_is_its_own(double? setting, int? seconds)
    {
        using var gateway = new EngineHarness(o =>
            (o.Heartbeat.ReaderIdle, o.Admission.HandshakeTimeout) = (TimeSpan.Zero, setting is { } value ? TimeSpan.FromSeconds(value) : null));
        var silent = gateway.Connect();
        var connected = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds((seconds ?? 3_600) - 0.001));
        Assert.False(silent.Handler.IsCompleted);
        if (seconds is null) return;
        gateway.Advance(TimerWheel.TickInterval);
        await silent.Handler;
        Assert.Equal(1, gateway.Closed("handshake_timeout"));
        gateway.Advance(TimeSpan.FromHours(1));
        Assert.False(connected.Handler.IsCompleted);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_reload_that_switches_the_reader_idle_limit_off_keeps_the_handshake_timeout()
    {
        using var gateway = new EngineHarness();
        var silent = gateway.Connect();
        gateway.Options.Heartbeat.ReaderIdle = TimeSpan.Zero;
        gateway.Engine.Reconfigure(gateway.Options);
        gateway.Advance(TimeSpan.FromSeconds(7.1));
        await silent.Handler;
        Assert.Equal(1, gateway.Closed("handshake_timeout"));
    }

    [Fact]
    public async Task Single_bytes_do_not_extend_the_handshake_timeout()
    {
        using var gateway = new EngineHarness(o => o.Admission.HandshakeTimeout = TimeSpan.FromSeconds(3));
        var client = gateway.Connect();
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync(client.Ping.AsMemory(i, 1));
            gateway.Advance(TimeSpan.FromSeconds(1) + TimerWheel.TickInterval);
        }

        await client.Handler;
        Assert.Equal(1, gateway.Closed("handshake_timeout"));
    }

    [Fact]
    public async Task A_frame_that_is_sent_too_slowly_ends_as_frame_timeout()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        for (var i = 0; i < 10; i++)
        {
            Assert.False(client.Handler.IsCompleted);
            await client.SendAsync(client.Ping.AsMemory(i, 1));
            gateway.Advance(TimeSpan.FromSeconds(1));
        }

        gateway.Advance(TimerWheel.TickInterval);
        await client.Handler;
        Assert.Equal(1, gateway.Closed("frame_timeout"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.timeouts", ("kind", "frame")));
    }

    [Fact]
    public async Task A_large_frame_that_arrives_steadily_has_a_longer_timeout()
    {
        using var gateway = new EngineHarness(o => o.Frames.MaxContentBytes = 4 * 1024 * 1024);
        var client = await gateway.ConnectedAsync();
        var frame = client.Frame("message", new string('x', 1024 * 1024));
        // At 64 KiB/s, 1 MiB has 16 s in addition to the frame timeout of 10 s.
        const int Pieces = 20;
        for (var i = 0; i < Pieces; i++)
        {
            await client.SendAsync(frame.AsMemory(frame.Length * i / Pieces, (frame.Length * (i + 1) / Pieces) - (frame.Length * i / Pieces)));
            gateway.Advance(TimeSpan.FromSeconds(1.2));
        }

        Assert.False(client.Handler.IsCompleted);
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "accepted")));
    }

    [Fact]
    public async Task Each_frame_has_its_own_timeout_even_when_reads_end_inside_the_next_frame()
    {
        using var gateway = new EngineHarness();
        var client = await gateway.ConnectedAsync();
        var ping = client.Ping;
        await client.SendAsync(ping.AsMemory(0, 100));
        for (var i = 0; i < 30; i++)
        {
            gateway.Advance(TimeSpan.FromSeconds(1));
            await client.SendAsync((byte[])[.. ping[100..], .. ping[..100]]);
        }

        Assert.False(client.Handler.IsCompleted);
        Assert.Equal(31, gateway.Metrics.Read("heartbeatgateway.heartbeats"));
    }
}
