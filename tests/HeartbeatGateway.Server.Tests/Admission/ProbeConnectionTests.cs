using System.Net;
using System.Text;
using HeartbeatGateway.Testing;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Server.Tests.Admission;

/// <summary>Connections that close without a byte, as health checks of load balancers do: neither failures nor events of clients.</summary>
public sealed class ProbeConnectionTests
{
    private const string Local = "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    private const string Client = "PROXY TCP4 198.51.100.22 203.0.113.7 35646 80\r\n";

    public static TheoryData<string?, bool, string> Probes => new()
    {
        { null, false, "no_byte" },
        { null, true, "no_byte" },
        { "", false, "no_header" },
        { "", true, "no_header" },
        { Local, false, "local_header" },
        { Local, true, "local_header" },
        { "PROXY UNKNOWN\r\n", false, "local_header" },
        { Client, false, "client_header" },
        { Client, true, "client_header" },
    };

    /// <param name="header">What comes from a trusted proxy; null without one.</param>
    /// <param name="isReset">The peer resets the connection instead of closing it.</param>
    /// <param name="kind">The expected kind.</param>
    [Theory]
    [MemberData(nameof(Probes))]
    public async Task A_probe_has_a_counter_of_its_own_and_takes_no_share_of_log_lines_and_accept_rate(string? header, bool isReset, string kind)
    {
        using var gateway = Gateway(header is not null);
        for (var i = 0; i < 1_000; i++)
        {
            var probe = gateway.Connect();
            if (header is { Length: > 0 }) await probe.SendAsync(Encoding.Latin1.GetBytes(header));
            await CloseAsync(probe, isReset);
        }

        Assert.Equal(1_000, gateway.Closed(isReset ? "peer_reset" : "peer_closed"));
        Assert.Equal(1_000, gateway.Metrics.Read("heartbeatgateway.probe_connections", ("kind", kind)));
        Assert.Equal(1_000, gateway.Metrics.Sum("heartbeatgateway.probe_connections"));
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.connections.rejected"));
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), l => l.Level > LogLevel.Debug);
        Assert.Equal(1_000, gateway.Logs.GetSnapshot().Count(l => l.Id.Name == "ProbeClosed"));

        // A real failure after them is logged.
        var client = gateway.Connect();
        await client.SendAsync(Encoding.ASCII.GetBytes((header is null ? "" : Client) + "GET / HTTP/1.1\r\n\r\n"));
        await client.Handler;
        Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "ConnectionClosed");
        gateway.AssertBalanced();
    }

    [Theory]
    [InlineData("P", false)]
    [InlineData("PROXY TCP4 198.51.100.22", false)]
    [InlineData("PROXY TCP4 198.51.100.22", true)]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x20\0\0", false)]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x20\0\0\x05abcd", true)]
    public async Task An_end_within_a_header_is_a_failure(string part, bool isReset)
    {
        using var gateway = Gateway(isBehindProxy: true);
        var client = gateway.Connect();
        await client.SendAsync(Encoding.Latin1.GetBytes(part));
        await CloseAsync(client, isReset);
        Assert.Equal(1, gateway.Closed("proxy_invalid"));
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.probe_connections"));
        var line = gateway.Logs.GetSnapshot().Single(l => l.Id.Name == "ProxyHeaderRefused");
        Assert.Contains($"the connection ended after {part.Length} bytes of it", line.Message, StringComparison.Ordinal);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_connection_with_a_byte_is_no_probe()
    {
        using var gateway = Gateway(isBehindProxy: false);
        var client = gateway.Connect();
        await client.SendAsync(new byte[] { 1 });
        await CloseAsync(client, isReset: true);
        var connected = await gateway.ConnectedAsync();
        await CloseAsync(connected, isReset: false);
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.probe_connections"));
        Assert.Equal(2, gateway.Logs.GetSnapshot().Count(l => l.Id.Name == "ConnectionClosed"));
    }

    [Fact]
    public async Task A_silent_connection_that_the_gateway_closes_is_no_probe()
    {
        using var gateway = Gateway(isBehindProxy: false);
        var silent = gateway.Connect();
        gateway.Advance(TimeSpan.FromSeconds(7.1));
        silent.CloseOutput();
        await silent.Handler;
        Assert.Equal(1, gateway.Closed("handshake_timeout"));
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.probe_connections"));
    }

    [Theory]
    [InlineData(false, "peer_closed", 1)]
    [InlineData(true, "tls_failed", 0)]
    public async Task Below_a_layer_the_bytes_that_the_layer_read_decide(bool sends, string reason, int probes)
    {
        using var gateway = Gateway(isBehindProxy: false);
        var client = gateway.ConnectThrough(async (connection, _) =>
        {
            var read = await connection.Transport.Input.ReadAsync();
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
        });
        if (sends) await client.SendAsync(new byte[] { 22 });
        client.CloseOutput();
        await client.Handler;
        Assert.Equal(1, gateway.Closed(reason));
        Assert.Equal(probes, gateway.Metrics.Read("heartbeatgateway.probe_connections", ("kind", "no_byte")));
    }

    [Fact]
    public async Task A_probe_that_lasts_longer_than_a_second_keeps_its_share_of_the_accept_rate()
    {
        using var gateway = Gateway(isBehindProxy: false);
        var probes = Enumerable.Range(0, 10).Select(_ => gateway.Connect()).ToList();
        gateway.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(10, Enumerable.Range(0, 20).Count(_ => !gateway.Connect().Handler.IsCompleted));
        foreach (var probe in probes) await CloseAsync(probe, isReset: false);
        Assert.True(gateway.Connect().Handler.IsCompleted);
        Assert.Equal(10, gateway.Metrics.Read("heartbeatgateway.probe_connections", ("kind", "no_byte")));
    }

    [Fact]
    public async Task An_address_above_its_limit_takes_nothing_from_the_accept_rate()
    {
        using var gateway = new EngineHarness(o => (o.Admission.AcceptsPerSecond, o.Admission.MaxConnectionsPerAddress) = (10, 1));
        for (var i = 0; i < 100; i++) gateway.Connect();
        Assert.Equal(99, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_address")));
        await gateway.ConnectedAsync(IPAddress.Parse("192.0.2.99"));
    }

    private static EngineHarness Gateway(bool isBehindProxy) => new(o =>
    {
        o.Admission.AcceptsPerSecond = 10;
        if (isBehindProxy) o.Proxy.TrustedNetworks.Add("192.0.2.0/24");
    });

    private static async Task CloseAsync(InMemoryClient client, bool isReset)
    {
        client.CloseOutput(isReset ? new ConnectionResetException("The peer reset the connection.") : null);
        await client.Handler;
    }
}
