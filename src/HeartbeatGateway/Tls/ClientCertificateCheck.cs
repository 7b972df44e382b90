using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Tls;

/// <summary>Decides about clients' certificates, and says why not.</summary>
internal static class ClientCertificateCheck
{
    private const int MaxNameChars = 128;

    /// <returns>What is wrong, for the log; null when the client may come in.</returns>
    public static string? FindFault(TlsOptions options, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        FindFault(options, certificate, chain, errors, out _);

    /// <param name="options">What is demanded of clients.</param>
    /// <param name="certificate">The client's certificate; null when it presented none.</param>
    /// <param name="chain">The chain that was built with <see cref="Policy"/>.</param>
    /// <param name="errors">What TLS found.</param>
    /// <param name="trust">What the client's certificate rests on; null when there is none, or it is refused.</param>
    /// <returns>What is wrong, for the log; null when the client may come in.</returns>
    public static string? FindFault(TlsOptions options, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors, out ClientTrust? trust)
    {
        trust = null;
        if (certificate is null) return options.ClientCertificates == ClientCertificateDemand.Required ? "the client brought no certificate" : null;
        var name = PrintableText.From(certificate.Subject, MaxNameChars);
        ClientTrust? found = null;
        // A client's certificate need not carry the name of the host that it comes from.
        if ((errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) != SslPolicyErrors.None || chain is not null)
        {
            found = chain is null ? null : TrustAnchors.Find(certificate, chain);
            if (found is null) return DescribeChain(name, certificate, chain);
        }

        if (WeakCertificate.FindFault(certificate) is { } weakness) return $"the certificate '{name}' {weakness}";
        if (found?.WeakIssuer is { } weakIssuer)
        {
            return $"the certificate '{name}' rests on one that is weak: {PrintableText.From(weakIssuer, MaxNameChars * 2)}";
        }

        if (options.ClientNames.Count > 0)
        {
            var names = NamesOf(certificate);
            if (!options.ClientNames.Any(pattern => names.Any(new ClientIdPattern(pattern).Matches)))
            {
                return $"the certificate '{name}' carries none of the names in Gateway:Tls:ClientNames";
            }
        }

        trust = found;
        return null;
    }

    private static string DescribeChain(string name, X509Certificate2 certificate, X509Chain? chain)
    {
        var statuses = chain?.ChainStatus.Select(s => s.Status).Where(s => s != X509ChainStatusFlags.NoError) ?? [];
        return statuses.Contains(X509ChainStatusFlags.NotTimeValid)
            ? $"the certificate '{name}', or one above it, has expired or is not valid yet (its own is from {certificate.NotBefore.ToUniversalTime():u} to {certificate.NotAfter.ToUniversalTime():u})"
            : $"the certificate '{name}' is not acceptable: {string.Join(", ", statuses.DefaultIfEmpty(X509ChainStatusFlags.PartialChain))}";
    }

    /// <summary>What a chain is built with: the configured authorities and no others, for certificates of clients.</summary>
    public static X509ChainPolicy Policy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            // A certificate names an address of its issuer's certificate. An unauthenticated peer could make this thread wait for any address.
            DisableCertificateDownloads = true,
            // An issuing authority without its root is a trust anchor too. TrustAnchors demands that the chain meets one of the authorities.
            VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority,
        };
        policy.CustomTrustStore.AddRange(authorities);
        policy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.2"));
        return policy;
    }

    private static List<string> NamesOf(X509Certificate2 certificate)
    {
        var dns = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(e => e.EnumerateDnsNames()).ToList();
        // As for servers: the common name counts only where no other name stands.
        return dns.Count > 0 ? dns : [certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)];
    }
}
