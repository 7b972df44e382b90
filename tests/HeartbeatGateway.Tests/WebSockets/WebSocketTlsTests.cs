using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.WebSockets;

/// <summary>With Gateway:Tls, the endpoint has the certificate of the TCP endpoint.</summary>
public sealed class WebSocketTlsTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task A_client_over_wss_is_answered_and_closed_in_order()
    {
        await using var fixture = await WebSocketFixture.StartAsync($"--Gateway:Tls:CertificateFile={_certificates.CertificateFile}", $"--Gateway:Tls:KeyFile={_certificates.KeyFile}");
        using var client = new ClientWebSocket { Options = { KeepAliveInterval = Timeout.InfiniteTimeSpan } };
        client.Options.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { _certificates.Authority } } };
            return chain.Build((X509Certificate2)certificate!);
        };
        await client.ConnectAsync(new Uri($"wss://127.0.0.1:{fixture.Host.WebSocketPort}/ws"), TestContext.Current.CancellationToken);
        await WebSocketFixture.PingAsync(client);
        Assert.Equal(1, await fixture.Host.MetricAsync("heartbeatgateway_connected_clients_by_transport{transport=\"websocket\"}"));

        var stopping = fixture.Host.App.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, (await WebSocketFixture.ReadCloseAsync(client)).Status);
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
        await stopping;
    }

    [Fact]
    public async Task A_peer_that_closes_after_its_TLS_handshake_has_not_failed_it()
    {
        await using var fixture = await WebSocketFixture.StartAsync($"--Gateway:Tls:CertificateFile={_certificates.CertificateFile}", $"--Gateway:Tls:KeyFile={_certificates.KeyFile}");
        await using (var tls = new SslStream(new NetworkStream(await fixture.ConnectRawAsync(), ownsSocket: true)))
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "gateway",
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { _certificates.Authority } },
            });
            await tls.ShutdownAsync();
            Assert.Equal(0, await tls.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        }

        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"peer_closed\"}", 1);
    }

    [Fact]
    public async Task A_request_without_TLS_is_a_failed_handshake()
    {
        await using var fixture = await WebSocketFixture.StartAsync($"--Gateway:Tls:CertificateFile={_certificates.CertificateFile}", $"--Gateway:Tls:KeyFile={_certificates.KeyFile}");
        using var socket = await fixture.ConnectRawAsync();
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(WebSocketFixture.Request()));
        await fixture.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"tls_failed\"}", 1);
    }
}
