using System.Net;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>Tests with a real haproxy in front of the real gateway.</summary>
public sealed class HaproxyTests
{
    [Theory]
    [InlineData("send-proxy")]
    [InlineData("send-proxy-v2")]
    public async Task Clients_behind_haproxy_keep_their_addresses_and_health_checks_are_not_counted_as_clients(string version)
    {
        var haproxy = new[] { "/usr/sbin/haproxy", "/usr/local/sbin/haproxy" }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(haproxy is null && System.Environment.GetEnvironmentVariable("CI") is null, "SKIPPED: haproxy is missing");
        await using var gateway = await GatewayProcess.StartAsync(("Gateway__Proxy__TrustedNetworks__0", "127.0.0.1/32"));
        var port = GatewayProcess.FreePort();
        var folder = Directory.CreateTempSubdirectory("heartbeatgateway-haproxy-");
        try
        {
            var settings = Path.Combine(folder.FullName, "haproxy.cfg");
            await File.WriteAllTextAsync(settings, $"""
                defaults
                  mode tcp
                  timeout connect 5s
                  timeout client 1m
                  timeout server 1m
                listen gateway
                  bind 127.0.0.1:{port}
                  server one 127.0.0.1:{gateway.TcpPort} {version} check inter 200ms

                """, TestContext.Current.CancellationToken);
            await using var proxy = new ChildProcess(haproxy!, ["-db", "-f", settings], new Dictionary<string, string?>());

            // The first health check shows that haproxy is up.
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
            while (await ProbesAsync(gateway) == 0) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, timeout.Token);
            using var client = await SocketClient.ConnectAsync(port);
            await client.PingAsync();
            // The port of the client, which no connection of haproxy can have.
            await gateway.SawAsync($"from 127.0.0.1:{((IPEndPoint)client.Socket.LocalEndPoint!).Port} connected");
            await client.PingAsync();
            Assert.Equal(1, await gateway.MetricAsync("heartbeatgateway_connected_clients"));
            Assert.Equal(0, await gateway.MetricAsync("heartbeatgateway_connections_closed_total{reason=\"proxy_invalid\"}"));
            GatewayProcess.AssertBalanced(await gateway.ScrapeAsync());
            Assert.DoesNotContain(gateway.Lines, l => l.Contains("closed: peer_", StringComparison.Ordinal) || l.Contains("ProxyHeaderRefused", StringComparison.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>
    /// Health checks so far. Version 1 of the header names haproxy itself as the client, version 2 names nobody. A check that resets its connection may make the
    /// system discard its header, and then counts as one without.
    /// </summary>
    private static async Task<double> ProbesAsync(GatewayProcess gateway)
    {
        var page = await gateway.ScrapeAsync();
        return GatewayProcess.Metric(page, "heartbeatgateway_probe_connections_total{kind=\"local_header\"}")
            + GatewayProcess.Metric(page, "heartbeatgateway_probe_connections_total{kind=\"client_header\"}")
            + GatewayProcess.Metric(page, "heartbeatgateway_probe_connections_total{kind=\"no_header\"}");
    }
}
