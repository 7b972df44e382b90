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
        var files = new PemFiles("Gateway:Webhook", errors);
        var certificate = files.Read("ClientCertificateFile", options.ClientCertificateFile);
        var key = files.Read("ClientKeyFile", options.ClientKeyFile);
        var roots = files.Read("TrustedRootsFile", options.TrustedRootsFile);
        if (errors.Count > 0) throw new GatewayOptionsException(errors);
        var secretsHash = Hash(secrets.Select(Convert.ToHexString));
        var tlsHash = Hash([certificate ?? "", key ?? "", roots ?? ""]);
        if (known is not null && tlsHash == known.TlsFingerprint) return known with { Secrets = secrets, SecretsFingerprint = secretsHash };
        var context = files.ImportClient(options.ClientCertificateFile, certificate, options.ClientKeyFile, key);
        var authorities = files.Import("TrustedRootsFile", options.TrustedRootsFile, roots);
        return errors.Count > 0 ? throw new GatewayOptionsException(errors) : new WebhookFiles(secrets, context, authorities, secretsHash, tlsHash);
    }

    private static string Hash(IEnumerable<string> texts) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', texts))));
}
