using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Testing;
using Microsoft.AspNetCore.Connections.Features;

namespace HeartbeatGateway.Server.Tests.Timeouts;

/// <summary>The kernel is asked about a connection that stays silent, and not about others.</summary>
public sealed class SilenceProbeTests : IDisposable
{
    private readonly Socket _ours = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _theirs;

    public SilenceProbeTests()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        listener.Listen();
        _ours.Connect(listener.LocalEndPoint!);
        _theirs = listener.Accept();
    }

    private bool IsProbed => _ours.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive) is not 0;

    public void Dispose()
    {
        _ours.Dispose();
        _theirs.Dispose();
    }

    [Fact]
    public async Task Only_a_client_in_the_last_eighth_of_its_limit_is_probed_until_it_sends_again()
    {
        using var gateway = new EngineHarness();
        var client = await ConnectAsync(gateway);
        for (var i = 0; i < 5; i++)
        {
            gateway.Advance(TimeSpan.FromSeconds(5));
            Assert.False(IsProbed);
            await client.PingAsync();
        }

        gateway.Advance(TimeSpan.FromSeconds(6.1));
        Assert.False(IsProbed);
        gateway.Advance(TimeSpan.FromSeconds(0.1));
        Assert.True(IsProbed);
        await client.PingAsync();
        gateway.Advance(TimeSpan.FromSeconds(1));
        Assert.False(IsProbed);
        // The kernel's clock is not the test's: it says that bytes have just arrived, which puts the timeout off for a second.
        gateway.Advance(TimeSpan.FromSeconds(6.1) + TimerWheel.StallThreshold);
        await client.Handler.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(1, gateway.Closed("reader_idle"));
    }

    [Theory]
    [InlineData(null, 6.1)]
    [InlineData(2.0, 2.6)]
    [InlineData(20.0, 27.9)]
    public async Task A_client_that_sends_nothing_after_its_first_frame_is_probed_too(double? heartbeat, double silent)
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.MinTimeout = TimeSpan.FromSeconds(1));
        var client = gateway.Connect();
        client.Context.Features.Set<IConnectionSocketFeature>(new SocketFeature(_ours));
        await client.HelloAsync(EngineHarness.Hello(heartbeat: heartbeat is { } seconds ? TimeSpan.FromSeconds(seconds) : null));
        gateway.Advance(TimeSpan.FromSeconds(silent));
        Assert.False(IsProbed);
        gateway.Advance(TimeSpan.FromSeconds(0.15));
        Assert.True(IsProbed);
    }

    [Fact]
    public async Task A_socket_with_keepalive_of_its_own_is_left_alone()
    {
        _ours.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        var before = _ours.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime);
        using var gateway = new EngineHarness();
        var client = await ConnectAsync(gateway);
        gateway.Advance(TimeSpan.FromSeconds(6.5));
        await client.PingAsync();
        gateway.Advance(TimeSpan.FromSeconds(1));
        Assert.True(IsProbed);
        Assert.Equal(before, _ours.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime));
    }

    [Fact]
    public async Task With_a_writer_limit_the_pings_of_the_gateway_are_the_probes()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.WriterIdle = TimeSpan.FromSeconds(3));
        await ConnectAsync(gateway);
        gateway.Advance(TimeSpan.FromSeconds(6.9));
        Assert.False(IsProbed);
    }

    [Fact]
    public async Task A_socket_that_was_closed_concurrently_is_no_error()
    {
        using var gateway = new EngineHarness();
        var client = await ConnectAsync(gateway);
        _ours.Dispose();
        gateway.Advance(TimeSpan.FromSeconds(7.1));
        await client.Handler.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(1, gateway.Closed("reader_idle"));
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), l => l.Exception is not null);
    }

    [Theory]
    [InlineData(7, 0.875)]
    [InlineData(16, 2)]
    [InlineData(600, 2)]
    public void The_lead_is_an_eighth_of_the_limit_and_two_seconds_at_most(double limit, double lead) =>
        Assert.Equal(TimeSpan.FromSeconds(lead), SilenceProbe.LeadOf(TimeSpan.FromSeconds(limit)));

    private async Task<InMemoryClient> ConnectAsync(EngineHarness gateway)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SKIPPED: TCP_INFO needs Linux.");
        var client = gateway.Connect();
        client.Context.Features.Set<IConnectionSocketFeature>(new SocketFeature(_ours));
        await client.PingAsync();
        return client;
    }

    private sealed record SocketFeature(Socket Socket) : IConnectionSocketFeature;
}
