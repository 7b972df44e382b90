using System.Net;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Admission;

/// <summary>Connections through a trusted proxy, and connections that send a PROXY header without one.</summary>
public sealed class ProxyTests
{
    private static readonly byte[] Header = Encoding.ASCII.GetBytes("PROXY TCP4 198.51.100.22 203.0.113.7 35646 80\r\n");

    [Fact]
    public async Task A_client_behind_a_trusted_proxy_has_its_own_address()
    {
        using var gateway = Behind("192.0.2.0/24");
        var client = gateway.Connect();
        await client.SendAsync(Header);
        await client.PingAsync();
        Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        Assert.Equal(IPEndPoint.Parse("198.51.100.22:35646"), client.Context.RemoteEndPoint);
        Assert.Contains("198.51.100.22:35646", gateway.Logs.GetSnapshot().Single(l => l.Id.Name == "ClientConnected").Message, StringComparison.Ordinal);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task Header_and_first_frame_can_arrive_in_one_piece_or_byte_by_byte()
    {
        using var gateway = Behind("192.0.2.0/24");
        var client = gateway.Connect();
        byte[] all = [.. Header, .. client.Ping];
        await client.SendAsync(all);
        Assert.Equal("ping", (await client.ReadFrameAsync()).Type);

        var slow = gateway.Connect();
        foreach (var single in all) await slow.SendAsync(new[] { single });
        Assert.Equal("ping", (await slow.ReadFrameAsync()).Type);
    }

    [Fact]
    public async Task The_address_limit_applies_to_the_client_and_not_to_the_proxy()
    {
        using var gateway = Behind("192.0.2.0/24", perAddress: 1);
        for (var i = 1; i <= 3; i++)
        {
            var client = gateway.Connect();
            await client.SendAsync(Encoding.ASCII.GetBytes($"PROXY TCP4 198.51.100.{i} 203.0.113.7 1 80\r\n"));
            await client.PingAsync();
            Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        }

        var second = gateway.Connect();
        await second.SendAsync(Encoding.ASCII.GetBytes("PROXY TCP4 198.51.100.1 203.0.113.7 2 80\r\n"));
        await second.Handler;
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_address")));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_trusted_proxy_that_sends_no_header_is_refused()
    {
        using var gateway = Behind("192.0.2.0/24");
        var client = gateway.Connect();
        await client.PingAsync();
        await client.Handler;
        Assert.Equal(1, gateway.Closed("proxy_invalid"));
        Assert.Contains("does not begin as a PROXY header", gateway.Logs.GetSnapshot().Single(l => l.Id.Name == "ProxyHeaderRefused").Message, StringComparison.Ordinal);
        gateway.AssertBalanced();
    }

    [Theory]
    [InlineData("192.0.2.1", "198.51.100.0/24")]
    [InlineData("2001:db8::1", "192.0.2.0/24")]
    public async Task A_header_from_an_untrusted_network_ends_the_connection(string from, string trusted)
    {
        using var gateway = Behind(trusted);
        var client = gateway.Connect(IPAddress.Parse(from));
        await client.SendAsync(Header);
        await client.Handler;
        Assert.Equal(1, gateway.Closed("proxy_invalid"));
        Assert.Equal(IPAddress.Parse(from), ((IPEndPoint)client.Context.RemoteEndPoint!).Address);
        gateway.AssertBalanced();
    }

    [Theory]
    [InlineData("PROXY TCP4 203.0.113.9 192.0.2.1 5000 8081\r\n")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c")]
    public async Task Scan_mode_does_not_skip_a_header_from_an_untrusted_network(string header)
    {
        using var gateway = new EngineHarness(o => o.Frames.Resync = FrameResync.Scan);
        var client = gateway.Connect();
        await client.SendAsync(Encoding.Latin1.GetBytes(header));
        await client.Handler;
        Assert.Equal(1, gateway.Closed("proxy_invalid"));
        gateway.AssertBalanced();
    }

    [Theory]
    [InlineData("PROXY TCP4 203.0.113.9 192.0.2.1 5000 8081\r\n", 1)]
    [InlineData("PROXY TCP4 203.0.113.9 192.0.2.1 5000 8081\r\n", 4)]
    [InlineData("PROXY UNKNOWN\r\n", 5)]
    [InlineData("\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c", 1)]
    [InlineData("\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c", 9)]
    [InlineData("\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c", 11)]
    public async Task Scan_mode_does_not_skip_a_header_that_arrives_in_pieces(string header, int piece)
    {
        using var gateway = new EngineHarness(o => (o.Frames.Resync, o.Admission.Observe) = (FrameResync.Scan, ["first_content"]));
        var client = gateway.Connect();
        foreach (var bytes in Encoding.Latin1.GetBytes(header).Chunk(piece)) await client.SendAsync(bytes);
        await client.Handler;
        Assert.Equal(1, gateway.Closed("proxy_invalid"));
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.limits_observed", ("limit", "first_content")));
        gateway.AssertBalanced();
    }

    [Theory]
    [InlineData("P", "garbage")]
    [InlineData("PROX", "garbage")]
    [InlineData("\r\n", "\r\n")]
    [InlineData("\r\n\r\n\0\r\nQ", "garbage")]
    public async Task Scan_mode_skips_bytes_that_begin_like_a_header_and_go_on_differently(string start, string rest)
    {
        using var gateway = new EngineHarness(o => o.Frames.Resync = FrameResync.Scan);
        var client = gateway.Connect();
        await client.SendAsync(Encoding.Latin1.GetBytes(start));
        await client.SendAsync(Encoding.Latin1.GetBytes(rest));
        await client.PingAsync();
        Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
    }

    [Fact]
    public async Task In_scan_mode_the_end_after_such_bytes_is_an_ordinary_one()
    {
        using var gateway = new EngineHarness(o => o.Frames.Resync = FrameResync.Scan);
        var client = gateway.Connect();
        await client.SendAsync("PROX"u8.ToArray());
        client.CloseOutput();
        await client.Handler;
        Assert.Equal(1, gateway.Closed("peer_closed"));
    }

    [Fact]
    public async Task The_address_of_a_proxy_can_be_mapped_to_ipv6()
    {
        using var gateway = Behind("192.0.2.0/24");
        var client = gateway.Connect(IPAddress.Parse("::ffff:192.0.2.1"));
        await client.SendAsync(Header);
        await client.PingAsync();
        Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
    }

    [Fact]
    public async Task A_health_check_that_closes_ends_as_peer_closed_and_one_that_waits_as_handshake_timeout()
    {
        using var gateway = Behind("192.0.2.0/24");
        var check = gateway.Connect();
        check.CloseOutput();
        await check.Handler;
        Assert.Equal(1, gateway.Closed("peer_closed"));

        var silent = gateway.Connect();
        gateway.Advance(TimeSpan.FromSeconds(6.9));
        Assert.False(silent.Handler.IsCompleted);
        gateway.Advance(TimeSpan.FromSeconds(0.2));
        await silent.Handler;
        Assert.Equal(1, gateway.Closed("handshake_timeout"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.timeouts", ("kind", "handshake")));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_connection_without_its_header_is_closed_at_once_when_the_gateway_stops()
    {
        using var gateway = Behind("192.0.2.0/24");
        var silent = gateway.Connect();
        Assert.Equal(1, gateway.Engine.Gate.Places);
        await gateway.Engine.StopAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        await silent.Handler;
        Assert.Equal(1, gateway.Closed("shutdown"));
        Assert.Equal(0, gateway.Engine.Gate.Places);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_process_pause_does_not_count_against_the_header_timeout()
    {
        using var gateway = Behind("192.0.2.0/24");
        var late = gateway.Connect();
        var silent = gateway.Connect();
        gateway.Advance(TimeSpan.FromSeconds(1));
        gateway.Stall(TimeSpan.FromSeconds(30));
        gateway.Advance(TimeSpan.FromSeconds(5.8));
        Assert.False(late.Handler.IsCompleted);
        await late.SendAsync(Header);
        await late.PingAsync();
        Assert.Equal("ping", (await late.ReadFrameAsync()).Type);
        gateway.Advance(TimeSpan.FromSeconds(0.4));
        await silent.Handler;
        Assert.Equal(1, gateway.Closed("handshake_timeout"));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task The_probe_needs_no_header()
    {
        using var gateway = Behind("192.0.2.0/24");
        var probe = gateway.Connect(isProbe: true);
        await probe.SendAsync(gateway.Engine.CreateProbePing());
        Assert.Equal("ping", EngineHarness.TypeOfSingle(probe.TakeBytes()));
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.connections.opened"));
    }

    private static EngineHarness Behind(string network, int perAddress = 0) => new(o =>
    {
        o.Proxy.TrustedNetworks.Add(network);
        o.Admission.MaxConnectionsPerAddress = perAddress;
    });
}
