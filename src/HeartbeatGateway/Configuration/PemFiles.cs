using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Configuration;

/// <summary>Reads certificates and their keys from PEM files that settings name. What is wrong becomes a sentence that starts with the key of the setting.</summary>
/// <param name="section">The section of the settings, as <c>Gateway:Redis</c>.</param>
/// <param name="errors">Gets the sentences.</param>
internal sealed class PemFiles(string section, List<string> errors)
{
    /// <summary>The content of a file; null without one, or when it cannot be read.</summary>
    public string? Read(string key, string? file)
    {
        if (string.IsNullOrEmpty(file)) return null;
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            errors.Add($"{section}:{key} '{file}' cannot be read: {e.Message}");
            return null;
        }
    }

    /// <summary>The certificates of a file; null without content, or when it has none.</summary>
    public X509Certificate2Collection? Import(string key, string? file, string? pem)
    {
        if (pem is null) return null;
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            errors.Add($"{section}:{key} '{file}' holds a certificate that cannot be read: {e.Message}");
            return null;
        }

        if (certificates.Count > 0) return certificates;
        errors.Add($"{section}:{key} '{file}' holds no certificate in PEM.");
        return null;
    }

    /// <summary>A client certificate with its chain and key, of the settings <c>ClientCertificateFile</c> and <c>ClientKeyFile</c>; null without content, or when they do not match.</summary>
    public SslStreamCertificateContext? ImportClient(string? certificateFile, string? certificatePem, string? keyFile, string? keyPem)
    {
        if (keyPem is null || Import("ClientCertificateFile", certificateFile, certificatePem) is not { } chain) return null;
        try
        {
            return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificatePem, keyPem), [.. chain.Skip(1)], offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            errors.Add($"{section}:ClientKeyFile '{keyFile}' does not hold the key of the first certificate in '{certificateFile}': {e.Message}");
            return null;
        }
    }
}
