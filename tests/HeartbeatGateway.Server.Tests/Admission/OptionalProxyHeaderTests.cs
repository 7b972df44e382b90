using System.Net;
using System.Text;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Admission;

/// <summary>The time in which some connections from trusted networks have a PROXY header and others do not have one yet.</summary>
public sealed class OptionalProxyHeaderTests
{
    private static readonly byte[] Header = Encoding.ASCII.GetBytes("PROXY TCP4 198.51.100.22 203.0.113.7 35646 80\r\n");

    [Fact]
    public async Task Connections_with_and_without_a_header_are_served_side_by_side()
    {
        using var gateway = Optional();
        var with = gateway.Connect();
        await with.SendAsync(Header);
        await with.PingAsync();
        Assert.Equal("ping", (await with.ReadFrameAsync()).Type);
        Assert.Equal(IPEndPoint.Parse("198.51.100.22:35646"), with.Context.RemoteEndPoint);

        var without = gateway.Connect();
        await without.PingAsync();
        Assert.Equal("ping", (await without.ReadFrameAsync()).Type);
        Assert.Equal(new IPEndPoint(EngineHarness.DefaultAddress, 50_000), without.Context.RemoteEndPoint);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task Both_can_arrive_byte_by_byte()
    {
        using var gateway = Optional();
        var with = gateway.Connect();
        foreach (var single in (byte[])[.. Header, .. with.Ping]) await with.SendAsync(new[] { single });
        Assert.Equal("ping", (await with.ReadFrameAsync()).Type);
        var without = gateway.Connect();
        foreach (var single in without.Ping) await without.SendAsync(new[] { single });
        Assert.Equal("ping", (await without.ReadFrameAsync()).Type);
    }

    [Fact]
    public async Task A_reload_that_adds_a_trusted_network_and_then_demands_headers_cuts_off_no_open_connection()
    {
        using var gateway = new EngineHarness();
        var early = await gateway.ConnectedAsync();
        gateway.Options.Proxy.TrustedNetworks.Add("192.0.2.0/24");
        gateway.Options.Proxy.Header = ProxyHeaderDemand.Optional;
        gateway.Engine.Reconfigure(gateway.Options);
        var during = await gateway.ConnectedAsync();

        gateway.Options.Proxy.Header = ProxyHeaderDemand.Required;
        gateway.Engine.Reconfigure(gateway.Options);
        var late = gateway.Connect();
        await late.PingAsync();
        await late.Handler;
        Assert.Equal(1, gateway.Closed("proxy_invalid"));
        foreach (var client in (InMemoryClient[])[early, during])
        {
            await client.PingAsync();
            Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        }
    }

    [Fact]
    public async Task A_header_that_is_malformed_is_refused_and_a_second_one_too()
    {
        using var gateway = Optional();
        var malformed = gateway.Connect();
        await malformed.SendAsync("PROXY TCP4 nowhere\r\n"u8.ToArray());
        await malformed.Handler;
        var twice = gateway.Connect();
        await twice.SendAsync((byte[])[.. Header, .. Header]);
        await twice.Handler;
        Assert.Equal(2, gateway.Closed("proxy_invalid"));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_silent_connection_ends_at_the_handshake_timeout()
    {
        using var gateway = Optional();
        var silent = gateway.Connect();
        gateway.Advance(TimeSpan.FromSeconds(7.2));
        await silent.Handler;
        Assert.Equal(1, gateway.Closed("handshake_timeout"));
    }

    [Fact]
    public async Task Connections_without_a_header_count_against_the_limit_of_their_own_address()
    {
        using var gateway = Optional(perAddress: 1);
        await gateway.ConnectedAsync();
        var second = gateway.Connect();
        await second.PingAsync();
        await second.Handler;
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_address")));
        gateway.AssertBalanced();
    }

    private static EngineHarness Optional(int perAddress = 0) => new(o =>
    {
        o.Proxy.TrustedNetworks.Add("192.0.2.0/24");
        o.Proxy.Header = ProxyHeaderDemand.Optional;
        o.Admission.MaxConnectionsPerAddress = perAddress;
    });
}
