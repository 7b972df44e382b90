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
    }
}
