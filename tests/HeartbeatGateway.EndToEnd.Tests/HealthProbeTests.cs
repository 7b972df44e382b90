using System.Net;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>How orchestrators and operators ask and signal the program.</summary>
public sealed class HealthProbeTests
{
    [Theory]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    [InlineData("/healthz")]
    public async Task HEAD_is_answered_as_GET(string path)
    {
        await using var gateway = await GatewayProcess.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var answer = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_health_check_asks_no_proxy_of_the_environment()
    {
        await using var gateway = await GatewayProcess.StartAsync();
        var environment = GatewayProcess.Environment(gateway.TcpPort, gateway.HttpPort, ("http_proxy", "http://127.0.0.1:1"), ("HTTP_PROXY", "http://127.0.0.1:1"), ("ALL_PROXY", "http://127.0.0.1:1"));
        await using var check = new ChildProcess("dotnet", [Repository.GatewayDll, "--health-check"], environment);
        Assert.Equal(0, await check.ExitCodeAsync());
    }

    [Fact]
    public async Task A_hangup_reads_the_configuration_again_and_closes_no_connection()
    {
        await using var gateway = await GatewayProcess.StartAsync();
        using var client = await SocketClient.ConnectAsync(gateway.EndPoint);
        await client.PingAsync();
        gateway.Signal("HUP");
        await gateway.SawAsync("The configuration was read again; no setting and no secret has changed");
        await client.PingAsync();
        Assert.Equal(1, await gateway.MetricAsync("heartbeatgateway_connected_clients"));
    }

    [Fact]
    public async Task A_probe_of_a_tls_port_without_a_byte_is_no_failed_handshake()
    {
        using var certificates = new HeartbeatGateway.Tests.Support.TestCertificates();
        await using var gateway = await GatewayProcess.StartAsync(("Gateway__Tls__CertificateFile", certificates.CertificateFile), ("Gateway__Tls__KeyFile", certificates.KeyFile));
        using (await SocketClient.ConnectAsync(gateway.EndPoint))
        {
            // Connect and close, as a load balancer does.
        }

        using (var reset = await SocketClient.ConnectAsync(gateway.EndPoint)) reset.Socket.LingerState = new System.Net.Sockets.LingerOption(enable: true, seconds: 0);
        await gateway.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"peer_closed\"}", 1);
        await gateway.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"peer_reset\"}", 1);
        Assert.Equal(0, await gateway.MetricAsync("heartbeatgateway_connections_closed_total{reason=\"tls_failed\"}"));
        Assert.DoesNotContain(gateway.Lines, l => l.Contains("TlsFailed", StringComparison.Ordinal));
        var page = await gateway.ReachesAsync("heartbeatgateway_probe_connections_total{kind=\"no_byte\"}", 2);
        Assert.All(page.Split('\n').Where(l => l.StartsWith("heartbeatgateway_tls_failures_total{", StringComparison.Ordinal)), l => Assert.EndsWith(" 0", l, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "no_header")]
    [InlineData("0D0A0D0A000D0A515549540A20000000", "local_header")]
    public async Task Probes_behind_a_proxy_are_logged_as_no_failure_and_do_not_use_up_the_accept_rate(string header, string kind)
    {
        const int Probes = 100;
        await using var gateway = await GatewayProcess.StartAsync(("Gateway__Proxy__TrustedNetworks__0", "127.0.0.0/8"), ("Gateway__Admission__AcceptsPerSecond", "20"));
        for (var i = 0; i < Probes; i++)
        {
            using var probe = await SocketClient.ConnectAsync(gateway.EndPoint);
            if (header.Length > 0) await probe.SendAsync(Convert.FromHexString(header));
            // A reset would make the system discard a header that the gateway has not read yet.
            else if (i % 2 == 0) probe.Socket.LingerState = new System.Net.Sockets.LingerOption(enable: true, seconds: 0);
            // One after the other: a probe that is still open has its share of the accept rate.
            probe.Dispose();
            await gateway.ReachesAsync($"heartbeatgateway_probe_connections_total{{kind=\"{kind}\"}}", i + 1);
        }

        Assert.Equal(0, await gateway.MetricAsync("heartbeatgateway_connections_rejected_total{reason=\"limit_rate\"}"));
        Assert.DoesNotContain(gateway.Lines, l => l.Contains("ProxyHeaderRefused", StringComparison.Ordinal) || l.Contains("ConnectionClosed", StringComparison.Ordinal));
        GatewayProcess.AssertBalanced(await gateway.ScrapeAsync());
    }
}
