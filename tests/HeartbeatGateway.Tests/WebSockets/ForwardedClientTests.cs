using System.Net;
using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.WebSockets;

namespace HeartbeatGateway.Tests.WebSockets;

/// <summary>The client's address behind proxies, from X-Forwarded-For or a PROXY header, and from trusted proxies alone.</summary>
public sealed class ForwardedClientTests
{
    private const string Trusted = "--Gateway:Proxy:TrustedNetworks:0=127.0.0.0/8";

    [Theory]
    [InlineData("", null)]
    [InlineData("unknown", null)]
    [InlineData("198.51.100.7", "198.51.100.7:0")]
    [InlineData("198.51.100.7:4711", "198.51.100.7:4711")]
    [InlineData("[2001:db8::7]:4711", "[2001:db8::7]:4711")]
    [InlineData("2001:db8::7", "[2001:db8::7]:0")]
    [InlineData("203.0.113.9, 198.51.100.7", "198.51.100.7:0")]
    [InlineData("203.0.113.9, 198.51.100.7, 10.0.0.2 ,10.0.0.1", "198.51.100.7:0")]
    [InlineData("203.0.113.9, garbage, 10.0.0.1", "10.0.0.1:0")]
    [InlineData("10.0.0.2, 10.0.0.1", "10.0.0.2:0")]
    public void The_nearest_address_that_is_no_trusted_proxy_is_the_client(string header, string? client) =>
        Assert.Equal(client, ForwardedFor.FindClient(header, address => address.ToString().StartsWith("10.", StringComparison.Ordinal))?.ToString());

    [Theory]
    [InlineData(true, "198.51.100.7")]
    [InlineData(false, "127.0.0.1")]
    public async Task The_header_of_a_trusted_proxy_alone_is_believed(bool isTrusted, string expected)
    {
        await using var fixture = await WebSocketFixture.StartAsync(isTrusted ? [Trusted] : []);
        using var socket = await UpgradeAsync(fixture, "", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 198.51.100.7");
        var connection = Assert.Single(fixture.Host.Engine.EnumerateConnections());
        Assert.Equal(expected, ((IPEndPoint)connection.RemoteEndPoint!).Address.ToString());
        Assert.Equal(isTrusted, fixture.Host.Engine.ViewConnection(connection.Id)!.Value.ProxyEndPoint is not null);
    }

    [Fact]
    public async Task A_PROXY_header_names_a_client_whose_own_X_Forwarded_For_is_not_believed()
    {
        await using var fixture = await WebSocketFixture.StartAsync(Trusted);
        using var socket = await UpgradeAsync(fixture, "PROXY TCP4 198.51.100.8 127.0.0.1 50000 8083\r\n", "X-Forwarded-For: 203.0.113.9");
        Assert.Equal("198.51.100.8:50000", Assert.Single(fixture.Host.Engine.EnumerateConnections()).RemoteEndPoint!.ToString());
    }

    [Fact]
    public async Task Clients_behind_a_proxy_are_limited_by_their_own_addresses()
    {
        await using var fixture = await WebSocketFixture.StartAsync(Trusted, "--Gateway:Admission:MaxConnectionsPerAddress=2");
        using var first = await UpgradeAsync(fixture, "", "X-Forwarded-For: 198.51.100.7");
        using (await UpgradeAsync(fixture, "", "X-Forwarded-For: 198.51.100.7"))
        using (await UpgradeAsync(fixture, "", "X-Forwarded-For: 198.51.100.9"))
        {
            Assert.StartsWith("HTTP/1.1 429 ", await fixture.ExchangeAsync(WebSocketFixture.Request(headers: "X-Forwarded-For: 198.51.100.7")), StringComparison.Ordinal);
            Assert.Equal(1, await fixture.Host.MetricAsync("heartbeatgateway_connections_rejected_total{reason=\"limit_address\"}"));
        }

        // The places of ended connections are free again.
        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"peer_closed\"}", 2);
        using var next = await UpgradeAsync(fixture, "", "X-Forwarded-For: 198.51.100.7");
        Assert.Equal(2, fixture.Host.Engine.OpenConnections);
    }

    [Fact]
    public async Task A_client_behind_a_proxy_is_refused_while_its_own_address_is_banned()
    {
        await using var fixture = await WebSocketFixture.StartAsync(Trusted);
        Assert.True(Ban.TryCreate(BanKind.Address, "198.51.100.0/24", out var ban, out _));
        fixture.Host.Engine.Bans.Add(ban);
        using var banned = await fixture.ConnectRawAsync();
        await banned.SendAsync(Encoding.ASCII.GetBytes(WebSocketFixture.Request(headers: "X-Forwarded-For: 198.51.100.7")));
        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"banned\"}", 1);
        Assert.Equal(1, await fixture.Host.MetricAsync("heartbeatgateway_connections_rejected_total{reason=\"banned\"}"));
        using var other = await UpgradeAsync(fixture, "", "X-Forwarded-For: 203.0.113.9");
        Assert.Equal(1, fixture.Host.Engine.OpenConnections);
    }

    private static async Task<Socket> UpgradeAsync(WebSocketFixture fixture, string before, params string[] headers)
    {
        var socket = await fixture.ConnectRawAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes(before + WebSocketFixture.Request(headers: headers)));
        var buffer = new byte[4096];
        var answer = Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken));
        Assert.StartsWith("HTTP/1.1 101 ", answer, StringComparison.Ordinal);
        return socket;
    }
}
