using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HeartbeatGateway.Cli.Options;

/// <summary>A client certificate with its private key, and the intermediate certificates that are sent with it.</summary>
internal sealed record ClientCertificateFile(X509Certificate2 Certificate, X509Certificate2Collection Intermediates)
{
    /// <summary>
    /// Reads the PEM file of <c>--tls-cert</c>. Its certificates may be in any order: the one of the private key is the client's, all others are
    /// intermediates.
    /// </summary>
    /// <param name="file">The file with the certificates.</param>
    /// <param name="keyFile">The file with the private key; null when <paramref name="file"/> contains it.</param>
    /// <param name="maxBytes">The largest accepted file.</param>
    /// <exception cref="CliException">A file cannot be read, or contains no certificate with its private key.</exception>
    public static ClientCertificateFile Read(string file, string? keyFile, int maxBytes)
    {
        var certificates = TextFile.Read("--tls-cert", file, maxBytes);
        var key = keyFile is null ? certificates : TextFile.Read("--tls-key", keyFile, maxBytes);
        if (IsEncrypted(key))
        {
            var (option, path) = keyFile is null ? ("--tls-cert", file) : ("--tls-key", keyFile);
            throw new CliException(ExitCode.File, $"{option}: the private key in '{path}' is encrypted; decrypt it, for example with openssl pkey -in FILE -out FILE.");
        }

        var files = keyFile is null ? $"'{file}' contains" : $"'{file}' and '{keyFile}' contain";
        var all = new X509Certificate2Collection();
        Exception? fault = null;
        try
        {
            all.ImportFromPem(certificates);
        }
        catch (CryptographicException e)
        {
            fault = e;
        }

        foreach (var candidate in all)
        {
            try
            {
                var own = X509Certificate2.CreateFromPem(candidate.ExportCertificatePem(), key);
                return new ClientCertificateFile(own, [.. all.Where(c => c != candidate)]);
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
                fault ??= e;
            }
        }

        var reason = fault is null ? "it has no certificate" : fault.Message.TrimEnd('.');
        throw new CliException(ExitCode.File, $"--tls-cert: {files} no certificate with its private key in PEM format: {reason}.", fault);
    }

    private static bool IsEncrypted(string key) =>
        key.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal) || key.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal);
}
