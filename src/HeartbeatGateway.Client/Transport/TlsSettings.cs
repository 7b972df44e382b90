using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Client.Transport;

/// <summary>Converts the client's TLS options to the settings of a handshake.</summary>
internal sealed class TlsSettings
{
    private readonly GatewayClientTls _tls;
    private SslStreamCertificateContext? _certificate;
    private X509Certificate2[] _current = [];

    public TlsSettings(GatewayClientTls tls)
    {
        _tls = tls;
        if (tls.ClientCertificate is { } certificate) _certificate = ContextOf(certificate, tls.ClientIntermediates);
    }

    /// <exception cref="TransportException">The certificate source failed.</exception>
    public SslClientAuthenticationOptions ForHost(string host)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = _tls.ServerName ?? host,
            ClientCertificateContext = CurrentCertificate(),
            CertificateRevocationCheckMode = _tls.RevocationMode,
            // A resumed session would present the certificate of its first handshake, also after a renewal.
            AllowTlsResume = _tls.ClientCertificateSource is null,
        };
        if (_tls.TrustedRoots is { } roots)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = _tls.RevocationMode };
            policy.CustomTrustStore.AddRange(roots);
            options.CertificateChainPolicy = policy;
        }

        return options;
    }

    /// <summary>Offline: a device must not download intermediate certificates before it can connect.</summary>
    private static SslStreamCertificateContext ContextOf(X509Certificate2 certificate, X509Certificate2Collection? intermediates) =>
        SslStreamCertificateContext.Create(certificate, intermediates, offline: true);

    private SslStreamCertificateContext? CurrentCertificate()
    {
        if (_tls.ClientCertificateSource is not { } source) return _certificate;
        try
        {
            var all = source();
            // Building a context costs a chain: it is kept while the source returns the same certificates.
            if (_certificate is not null && all.SequenceEqual(_current)) return _certificate;
            var leaf = all.FirstOrDefault(c => c.HasPrivateKey)
                ?? throw new InvalidOperationException("it returned no certificate with a private key");
            _certificate = ContextOf(leaf, [.. all.Where(c => !ReferenceEquals(c, leaf))]);
            _current = [.. all];
            return _certificate;
        }
        catch (Exception e)
        {
            throw new TransportException(DisconnectKind.TlsFailed, $"Tls.ClientCertificateSource failed: {e.Message}.", e);
        }
    }
}
