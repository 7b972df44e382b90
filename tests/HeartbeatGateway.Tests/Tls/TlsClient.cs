using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Tls;

/// <summary>A client with TLS that trusts the test's authority.</summary>
internal static class TlsClient
{
    public static async Task<SslStream> ConnectAsync(ServiceHost host, TestCertificates certificates, X509Certificate2? certificate, SslProtocols version = SslProtocols.Tls13, X509Certificate2Collection? issuers = null)
    {
        var stream = new SslStream(new NetworkStream(await host.ConnectAsync(), ownsSocket: true));
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "gateway",
                EnabledSslProtocols = version,
                ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, issuers, offline: true),
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { certificates.Authority } },
            });
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>With TLS 1.3 the client finishes before the gateway has looked at its certificate, so a refusal is seen by a read.</summary>
    public static Task FailAsync(ServiceHost host, TestCertificates certificates, X509Certificate2? certificate, X509Certificate2Collection? issuers = null) => Assert.ThrowsAnyAsync<Exception>(async () =>
    {
        await using var client = await ConnectAsync(host, certificates, certificate, issuers: issuers);
        await ServiceHost.PingAsync(client);
    });
}
