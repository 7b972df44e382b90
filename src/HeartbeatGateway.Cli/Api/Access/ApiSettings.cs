using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Access;

/// <summary>How to call the HTTP API of one gateway.</summary>
/// <param name="Address">The gateway; the path ends with a slash.</param>
/// <param name="Key">The key; null without one. Secret.</param>
/// <param name="TrustedRoots">The trusted CA certificates; null for the system's.</param>
/// <param name="Timeout">The time limit for an answer.</param>
internal sealed record ApiSettings(Uri Address, string? Key, X509Certificate2Collection? TrustedRoots, TimeSpan Timeout)
{
    public override string ToString() => $"{Address} ({(Key is null ? "no key" : "with a key")})";

    /// <summary>A handler that does not follow redirects: the key is for this address only.</summary>
    public HttpMessageHandler CreateHandler(CliEnvironment environment)
    {
        var handler = environment.Http();
        if (handler is not SocketsHttpHandler sockets) return handler;
        sockets.AllowAutoRedirect = false;
        if (TrustedRoots is null) return handler;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(TrustedRoots);
        sockets.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        return handler;
    }
}
