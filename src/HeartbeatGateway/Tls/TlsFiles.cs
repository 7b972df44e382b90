using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Tls;

/// <summary>What the files of the TLS options hold, at one moment.</summary>
/// <param name="Certificate">The gateway's certificate with its chain and key.</param>
/// <param name="Chain">The certificates of its file: its own first.</param>
/// <param name="Authorities">Who may have signed clients' certificates.</param>
/// <param name="Fingerprint">A hash over all of the files: another one means that something has changed.</param>
internal sealed record TlsFiles(SslStreamCertificateContext Certificate, X509Certificate2Collection Chain, X509Certificate2Collection Authorities, string Fingerprint)
{
    /// <summary>From when the gateway's certificate is valid.</summary>
    public DateTimeOffset ValidFrom { get; } = new DateTimeOffset(Chain[0].NotBefore).ToUniversalTime();

    /// <summary>When the gateway's certificate expires.</summary>
    public DateTimeOffset ExpiresAt { get; } = new DateTimeOffset(Chain[0].NotAfter).ToUniversalTime();

    /// <summary>The authorities by name and key.</summary>
    public HashSet<UInt128> AuthorityIds { get; } = ClientTrust.IdentifyAll(Authorities);

    /// <param name="options">The names of the files.</param>
    /// <param name="known">What they held before; given back when they hold the same still, since taking them apart costs native memory.</param>
    /// <exception cref="GatewayOptionsException">A file is missing or holds something else; the message names its key.</exception>
    public static TlsFiles Load(TlsOptions options, TlsFiles? known = null)
    {
        var certificatePem = Read("CertificateFile", options.CertificateFile!);
        var keyPem = Read("KeyFile", options.KeyFile!);
        var authorityPem = options.ClientAuthorityFile is { Length: > 0 } file ? Read("ClientAuthorityFile", file) : "";
        var fingerprint = Hash(certificatePem, keyPem, authorityPem);
        if (fingerprint == known?.Fingerprint) return known;
        var chain = Import("CertificateFile", options.CertificateFile!, certificatePem);
        var authorities = authorityPem.Length == 0 ? [] : Import("ClientAuthorityFile", options.ClientAuthorityFile!, authorityPem);
        RefuseWeak(options, chain);
        return new TlsFiles(WithKey(options, certificatePem, keyPem, chain), chain, authorities, fingerprint);
    }

    /// <summary>Such a certificate can be read, and then every handshake fails.</summary>
    private static void RefuseWeak(TlsOptions options, X509Certificate2Collection chain)
    {
        foreach (var certificate in chain)
        {
            if (WeakCertificate.FindFault(certificate) is not { } fault) continue;
            throw new GatewayOptionsException([$"Gateway:Tls:CertificateFile '{options.CertificateFile}' holds the certificate '{certificate.Subject}', which {fault}: clients would refuse every handshake."]);
        }
    }

    private static SslStreamCertificateContext WithKey(TlsOptions options, string certificatePem, string keyPem, X509Certificate2Collection chain)
    {
        try
        {
            // The first certificate is the gateway's own; those behind it lead to its root.
            var own = X509Certificate2.CreateFromPem(certificatePem, keyPem);
            return SslStreamCertificateContext.Create(own, [.. chain.Skip(1)], offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new GatewayOptionsException([$"Gateway:Tls:KeyFile '{options.KeyFile}' {PrivateKeyFault.Describe(keyPem, chain)} Gateway:Tls:CertificateFile is '{options.CertificateFile}'. ({e.Message})"]);
        }
    }

    private static X509Certificate2Collection Import(string key, string file, string pem)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new GatewayOptionsException([$"Gateway:Tls:{key} '{file}' holds a certificate that cannot be read: {e.Message}"]);
        }

        return certificates.Count > 0 ? certificates : throw new GatewayOptionsException([$"Gateway:Tls:{key} '{file}' holds no certificate in PEM."]);
    }

    private static string Read(string key, string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new GatewayOptionsException([$"Gateway:Tls:{key} '{file}' cannot be read: {e.Message}"]);
        }
    }

    private static string Hash(params string[] texts) => Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Join('\0', texts))));
}
