using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Tls;

/// <summary>
/// Decides whether a client's chain meets one of the configured authorities. Each of them is a trust anchor, a root or not (RFC 5280, section
/// 6.1.1). The system's chain building takes the first authority of a subject, so others of that subject are tried one by one.
/// </summary>
internal static class TrustAnchors
{
    /// <summary>Authorities that are tried by themselves: each costs a chain, and an unauthenticated peer causes it.</summary>
    private const int MaxTried = 8;

    /// <param name="certificate">The client's certificate.</param>
    /// <param name="chain">Its chain, built with <see cref="ClientCertificateCheck.Policy"/>.</param>
    /// <returns>Null when it rests on none of the authorities, or when something else is wrong with it.</returns>
    public static ClientTrust? Find(X509Certificate2 certificate, X509Chain chain)
    {
        var authorities = chain.ChainPolicy.CustomTrustStore;
        if (Examine(chain, authorities) is { } trust) return trust;
        // Those that the client presented; its roots are of no use, since they are no anchors.
        var presented = chain.ChainPolicy.ExtraStore.Where(c => !IsSelfIssued(c)).ToArray();
        var issuers = presented.Prepend(certificate).Select(c => c.IssuerName.RawData).ToList();
        return authorities.Where(a => issuers.Exists(i => i.AsSpan().SequenceEqual(a.SubjectName.RawData))).Take(MaxTried)
            .Select(anchor => TryAlone(certificate, anchor, presented)).FirstOrDefault(t => t is not null);
    }

    private static ClientTrust? TryAlone(X509Certificate2 certificate, X509Certificate2 anchor, X509Certificate2[] presented)
    {
        using var chain = new X509Chain { ChainPolicy = ClientCertificateCheck.Policy([anchor]) };
        chain.ChainPolicy.ExtraStore.AddRange(presented);
        chain.Build(certificate);
        return Examine(chain, chain.ChainPolicy.CustomTrustStore);
    }

    /// <summary>Signatures, dates and usages must be right along the whole chain; only that it has no known root is no fault.</summary>
    private static ClientTrust? Examine(X509Chain chain, X509Certificate2Collection authorities)
    {
        const X509ChainStatusFlags NoRoot = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot;
        if (chain.ChainElements.Count == 0 || chain.ChainStatus.Any(s => (s.Status & ~NoRoot) != X509ChainStatusFlags.NoError)) return null;
        var path = chain.ChainElements.Select(e => e.Certificate).ToList();
        var anchor = path.FindIndex(c => authorities.Any(a => a.RawDataMemory.Span.SequenceEqual(c.RawDataMemory.Span)));
        return anchor < 0 ? null : ClientTrust.Of(path, anchor);
    }

    private static bool IsSelfIssued(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
}
