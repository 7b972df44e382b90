using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Tls;

/// <summary>Says what a key file holds when it is not the key of the certificate. Never a byte of it.</summary>
internal static class PrivateKeyFault
{
    /// <summary>Keys that .NET cannot use for TLS (RFC 8410).</summary>
    private static readonly Dictionary<string, string> UnsupportedKeys = new(StringComparer.Ordinal)
    {
        ["1.3.101.112"] = "Ed25519",
        ["1.3.101.113"] = "Ed448",
        ["1.3.101.110"] = "X25519",
        ["1.3.101.111"] = "X448",
        ["1.2.840.10040.4.1"] = "DSA",
    };

    /// <param name="keyPem">The text of the key file.</param>
    /// <param name="chain">The certificates of the certificate file, in its order.</param>
    /// <returns>A sentence's end, to stand behind the name of the file.</returns>
    public static string Describe(string keyPem, X509Certificate2Collection chain)
    {
        if (keyPem.Contains("BEGIN ENCRYPTED PRIVATE KEY", StringComparison.Ordinal) || keyPem.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
        {
            return "holds an encrypted key: decrypt it, for instance with 'openssl pkey -in encrypted.key -out gateway.key', and protect the file by its permissions.";
        }

        if (keyPem.Contains("BEGIN OPENSSH PRIVATE KEY", StringComparison.Ordinal)) return "holds a key in the format of OpenSSH: give it in PEM (PKCS #8, PKCS #1 or SEC 1), for instance with 'ssh-keygen -p -m PKCS8 -f FILE'.";
        var unsupported = UnsupportedKeys.GetValueOrDefault(AlgorithmOf(keyPem) ?? "") ?? UnsupportedKeys.GetValueOrDefault(chain[0].PublicKey.Oid.Value ?? "");
        if (unsupported is not null)
        {
            return $"holds a key for {unsupported}, which the gateway cannot use for TLS: use a key and a certificate for ECDSA (P-256 or P-384) or RSA (2,048 bits or more).";
        }

        if (!keyPem.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            if (keyPem.Contains("BEGIN CERTIFICATE", StringComparison.Ordinal)) return "holds a certificate and no private key.";
            if (keyPem.Contains("PUBLIC KEY-----", StringComparison.Ordinal)) return "holds a public key and no private key.";
            return "holds no private key in PEM: convert it, from DER with 'openssl pkey -inform DER -in FILE -out gateway.key', from PKCS #12 with 'openssl pkcs12 -in FILE -nocerts -nodes -out gateway.key'.";
        }

        var owner = chain.Skip(1).Select((certificate, index) => (certificate, Place: index + 2)).FirstOrDefault(c => Fits(c.certificate, keyPem));
        return owner.certificate is not null
            ? $"does not hold the private key of the certificate '{chain[0].Subject}', which comes first, but of number {owner.Place}, '{owner.certificate.Subject}': the gateway's own certificate must come first, then its issuer's, and so on."
            : $"does not hold the private key of the certificate '{chain[0].Subject}': certificate and key must be a pair.";
    }

    private static bool Fits(X509Certificate2 certificate, string keyPem)
    {
        try
        {
            using var own = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), keyPem);
            return own.HasPrivateKey;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // Another key; which of the certificates it fits is the question.
            return false;
        }
    }

    /// <summary>The algorithm of a key in PKCS #8: SEQUENCE { version, SEQUENCE { algorithm … } … } (RFC 5958, section 2).</summary>
    private static string? AlgorithmOf(string keyPem)
    {
        if (!PemEncoding.TryFind(keyPem, out var fields) || !keyPem.AsSpan()[fields.Label].SequenceEqual("PRIVATE KEY")) return null;
        var bytes = Convert.FromBase64String(keyPem[fields.Base64Data]);
        try
        {
            var key = new AsnReader(bytes, AsnEncodingRules.BER).ReadSequence();
            key.ReadInteger();
            return key.ReadSequence().ReadObjectIdentifier();
        }
        catch (AsnContentException)
        {
            // Damaged: described by what it does not fit.
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
