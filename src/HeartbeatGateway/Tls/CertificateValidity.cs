using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Tls;

/// <summary>Judges the dates and the strength of the certificates in the files. Sentences name the key, the certificate and what to do.</summary>
internal static class CertificateValidity
{
    /// <summary>A certificate is renewed well before this; a short-lived one before the last third of its life.</summary>
    public static readonly TimeSpan WarnBefore = TimeSpan.FromDays(14);

    /// <exception cref="GatewayOptionsException">The gateway's own certificate has expired or is not valid yet: every client that verifies it would
    /// refuse it.</exception>
    public static void ThrowIfUnusable(TlsOptions options, TlsFiles files, DateTimeOffset now)
    {
        var own = files.Chain[0];
        var name = $"Gateway:Tls:CertificateFile '{options.CertificateFile}' holds the certificate '{own.Subject}', which";
        if (now >= files.ExpiresAt)
        {
            throw new GatewayOptionsException([$"{name} expired at {files.ExpiresAt:u}: clients that verify it refuse every handshake. Renew it."]);
        }

        if (now < files.ValidFrom)
        {
            throw new GatewayOptionsException([$"{name} is not valid before {files.ValidFrom:u}, and it is {now:u}: clients that verify it refuse every handshake. Wait until then, or correct the clock."]);
        }
    }

    /// <summary>When warnings about a certificate begin.</summary>
    public static DateTimeOffset WarnFrom(X509Certificate2 certificate)
    {
        var (from, until) = (new DateTimeOffset(certificate.NotBefore), new DateTimeOffset(certificate.NotAfter));
        var third = (until - from) / 3;
        return until - (third < WarnBefore ? third : WarnBefore);
    }

    /// <summary>What works and will not for long, or not for all clients.</summary>
    public static IEnumerable<string> Warnings(TlsOptions options, TlsFiles files, DateTimeOffset now)
    {
        foreach (var certificate in files.Chain)
        {
            if (Describe(certificate, now) is { } fault) yield return $"Gateway:Tls:CertificateFile '{options.CertificateFile}': the certificate '{certificate.Subject}' {fault}; after that clients that verify it refuse every handshake. Renew it.";
        }

        foreach (var authority in files.Authorities)
        {
            var name = $"Gateway:Tls:ClientAuthorityFile '{options.ClientAuthorityFile}': the certificate '{authority.Subject}'";
            if (Describe(authority, now) is { } fault) yield return $"{name} {fault}; after that the gateway refuses the clients whose certificates it has signed.";
            if (WeakCertificate.FindFault(authority) is { } weakness) yield return $"{name} {weakness}: others may be able to sign client certificates in its name.";
            if (authority.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is { CertificateAuthority: false })
            {
                yield return $"{name} is no authority (basic constraints, CA:FALSE): it admits the client that has its key, and no other.";
            }
        }
    }

    private static string? Describe(X509Certificate2 certificate, DateTimeOffset now)
    {
        var (from, until) = (new DateTimeOffset(certificate.NotBefore).ToUniversalTime(), new DateTimeOffset(certificate.NotAfter).ToUniversalTime());
        if (now >= until) return $"expired at {until:u}";
        if (now < from) return $"is not valid before {from:u}";
        return now >= WarnFrom(certificate) ? $"expires soon, at {until:u}" : null;
    }
}
