using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Webhook;

/// <summary>What the secrets and the TLS files of the webhook hold, at one moment.</summary>
/// <param name="Secrets">The bytes of the secrets.</param>
/// <param name="Certificate">The client certificate with its chain and key; null without one.</param>
/// <param name="Roots">The authorities of the receiver; null for the system's.</param>
/// <param name="SecretsFingerprint">A hash over the secrets.</param>
/// <param name="TlsFingerprint">A hash over the TLS files.</param>
internal sealed record WebhookFiles(
    IReadOnlyList<byte[]> Secrets, SslStreamCertificateContext? Certificate, X509Certificate2Collection? Roots, string SecretsFingerprint, string TlsFingerprint)
{
    /// <param name="options">The secrets, and the names of the files.</param>
    /// <param name="known">What they held before: certificates that are the same are not taken apart again.</param>
    /// <exception cref="GatewayOptionsException">Something is missing or holds something else; the message names each wrong key.</exception>
    public static WebhookFiles Load(WebhookOptions options, WebhookFiles? known = null)
    {
        var errors = new List<string>();
        var secrets = options.Secrets.Select((secret, index) => WebhookSecret.Read(secret, $"Gateway:Webhook:Secrets:{index}", errors)).OfType<byte[]>().ToList();
        var certificate = Read("ClientCertificateFile", options.ClientCertificateFile, errors);
        var key = Read("ClientKeyFile", options.ClientKeyFile, errors);
        var roots = Read("TrustedRootsFile", options.TrustedRootsFile, errors);
        if (errors.Count > 0) throw new GatewayOptionsException(errors);
        var secretsHash = Hash(secrets.Select(Convert.ToHexString));
        var tlsHash = Hash([certificate ?? "", key ?? "", roots ?? ""]);
        if (known is not null && tlsHash == known.TlsFingerprint) return known with { Secrets = secrets, SecretsFingerprint = secretsHash };
        return new WebhookFiles(secrets, ContextOf(options, certificate, key), roots is null ? null : Import("TrustedRootsFile", options.TrustedRootsFile!, roots), secretsHash, tlsHash);
    }

    private static SslStreamCertificateContext? ContextOf(WebhookOptions options, string? certificatePem, string? keyPem)
    {
        if (certificatePem is null || keyPem is null) return null;
        var chain = Import("ClientCertificateFile", options.ClientCertificateFile!, certificatePem);
        try
        {
            return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificatePem, keyPem), [.. chain.Skip(1)], offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new GatewayOptionsException([$"Gateway:Webhook:ClientKeyFile '{options.ClientKeyFile}' does not hold the key of the first certificate in '{options.ClientCertificateFile}': {e.Message}"]);
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
            throw new GatewayOptionsException([$"Gateway:Webhook:{key} '{file}' holds a certificate that cannot be read: {e.Message}"]);
        }

        return certificates.Count > 0 ? certificates : throw new GatewayOptionsException([$"Gateway:Webhook:{key} '{file}' holds no certificate in PEM."]);
    }

    private static string? Read(string key, string? file, List<string> errors)
    {
        if (string.IsNullOrEmpty(file)) return null;
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            errors.Add($"Gateway:Webhook:{key} '{file}' cannot be read: {e.Message}");
            return null;
        }
    }

    private static string Hash(IEnumerable<string> texts) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', texts))));
}
