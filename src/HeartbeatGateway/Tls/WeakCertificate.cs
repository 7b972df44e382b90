using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Tls;

/// <summary>
/// Finds certificates that TLS peers refuse: below 112 bits of security (NIST SP 800-131A), which is OpenSSL's security level 2 and the
/// default of current systems. One rule for the gateway's own certificate and for those of clients.
/// </summary>
internal static class WeakCertificate
{
    private const int MinRsaBits = 2048;
    private const int MinEcBits = 224;

    /// <summary>Signature algorithms on MD2, MD5 and SHA-1.</summary>
    private static readonly HashSet<string> WeakSignatures = new(StringComparer.Ordinal)
    {
        "1.2.840.113549.1.1.2", "1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.3.14.3.2.29", "1.2.840.10045.4.1", "1.2.840.10040.4.3",
    };

    /// <returns>What is weak, to stand behind the certificate's name; null when nothing is.</returns>
    public static string? FindFault(X509Certificate2 certificate)
    {
        using var rsa = certificate.GetRSAPublicKey();
        if (rsa?.KeySize < MinRsaBits) return $"has an RSA key of {rsa.KeySize} bits, but must have at least {MinRsaBits}";
        using var ec = certificate.GetECDsaPublicKey();
        if (ec?.KeySize < MinEcBits) return $"has an elliptic-curve key of {ec.KeySize} bits, but must have at least {MinEcBits}";
        // A certificate that signs itself is trusted for being known; its signature is not verified.
        var isSelfSigned = certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
        return !isSelfSigned && WeakSignatures.Contains(certificate.SignatureAlgorithm.Value ?? "")
            ? $"is signed with {certificate.SignatureAlgorithm.FriendlyName}, but must be signed with SHA-256 or stronger"
            : null;
    }
}
