using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Client.Transport;

/// <summary>Converts the client's TLS options to the settings of a handshake.</summary>
internal sealed class TlsSettings
{
    private readonly GatewayClientTls _tls;
    private readonly SslStreamCertificateContext? _certificate;

    public TlsSettings(GatewayClientTls tls)
    {
        _tls = tls;
        // Offline: a device must not download intermediate certificates before it can connect.
        if (tls.ClientCertificate is { } certificate)
        {
            _certificate = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        }
    }

    public SslClientAuthenticationOptions ForHost(string host)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = _tls.ServerName ?? host,
            ClientCertificateContext = _certificate,
            CertificateRevocationCheckMode = _tls.RevocationMode,
        };
        if (_tls.TrustedRoots is { } roots)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = _tls.RevocationMode };
            policy.CustomTrustStore.AddRange(roots);
            options.CertificateChainPolicy = policy;
        }

        return options;
    }
}
