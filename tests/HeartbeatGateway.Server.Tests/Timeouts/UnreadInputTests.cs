using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Testing;
using Microsoft.AspNetCore.Connections.Features;

namespace HeartbeatGateway.Server.Tests.Timeouts;

/// <summary>
/// Unread bytes in the kernel defer a due timeout, for at most the stall threshold (the shortest gap that counts as a process pause). Here
/// the read loop never gets the bytes of the socket, so the kernel always reports unread bytes.
/// </summary>
public sealed class UnreadInputTests : IDisposable
{
    private static readonly TimeSpan Grace = TimerWheel.StallThreshold;
    private readonly Socket _ours = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _theirs;

    public UnreadInputTests()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        listener.Listen();
        _ours.Connect(listener.LocalEndPoint!);
        _theirs = listener.Accept();
        _theirs.Send(new byte[1]);
        _ours.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead);
    }

    public void Dispose()
    {
        _ours.Dispose();
        _theirs.Dispose();
    }

    [Fact]
    public async Task Unread_bytes_in_the_kernel_defer_the_count_of_a_candidate_and_do_not_prevent_it()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ShadowReaderIdle = [TimeSpan.FromSeconds(4)]);
        var client = gateway.Connect();
        client.Context.Features.Set<IConnectionSocketFeature>(new SocketFeature(_ours));
        await client.PingAsync();
        gateway.Advance(TimeSpan.FromSeconds(4) + Grace - TimerWheel.TickInterval);
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.would_time_out", ("limit", "4")));
        gateway.Advance(2 * TimerWheel.TickInterval);
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.would_time_out", ("limit", "4")));

        // The limit in force has its own deferral, as without candidates.
        gateway.Advance(TimeSpan.FromSeconds(3) - (2 * TimerWheel.TickInterval));
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.timeouts"));
        gateway.Advance(2 * TimerWheel.TickInterval);
        Assert.Equal(1, gateway.Metrics.Sum("heartbeatgateway.timeouts"));
        await client.Handler;
    }

    [Theory]
    [InlineData("handshake_timeout", 7)]
    [InlineData("reader_idle", 7)]
    [InlineData("all_idle", 4)]
    [InlineData("frame_timeout", 2)]
    public async Task Unread_bytes_in_the_kernel_defer_a_timeout_and_do_not_prevent_it(string reason, int seconds)
    {
        using var gateway = new EngineHarness(o =>
        {
            if (reason == "all_idle") o.Heartbeat.AllIdle = TimeSpan.FromSeconds(4);
            if (reason == "frame_timeout") o.Frames.FrameTimeout = TimeSpan.FromSeconds(2);
        });
        var client = gateway.Connect();
        client.Context.Features.Set<IConnectionSocketFeature>(new SocketFeature(_ours));
        if (reason != "handshake_timeout") await client.PingAsync();
        if (reason == "frame_timeout") await client.SendAsync(client.Ping.AsMemory(0, 10));

        gateway.Advance(TimeSpan.FromSeconds(seconds) + Grace - TimerWheel.TickInterval);
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.timeouts"));
        gateway.Advance(2 * TimerWheel.TickInterval);
        Assert.Equal(1, gateway.Metrics.Sum("heartbeatgateway.timeouts"));
        await client.Handler;
        Assert.Equal(1, gateway.Closed(reason));
    }

    private sealed record SocketFeature(Socket Socket) : IConnectionSocketFeature;
}
