using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Options;

/// <summary>The options for TLS.</summary>
internal sealed class TlsOptionSet
{
    private const int MaxFileBytes = 1024 * 1024;

    private readonly Option<bool> _tls = new("--tls")
    {
        Description = "Uses TLS with the system's trusted certificates. The other --tls options imply it.",
    };

    private readonly Option<string?> _name = new("--tls-server-name")
    {
        Description = "The host name that the gateway's certificate must contain. Default: the endpoint's host.",
        HelpName = "name",
    };

    private readonly Option<string?> _roots = new("--tls-ca")
    {
        Description = "PEM file with the trusted CA certificates. No other certificate is trusted.",
        HelpName = "file",
    };

    private readonly Option<string?> _certificate = new("--tls-cert")
    {
        Description = "PEM file with the client certificate and its intermediate certificates, which are sent with it.",
        HelpName = "file",
    };

    private readonly Option<string?> _key = new("--tls-key")
    {
        Description = "PEM file with the private key of the client certificate. Default: the file of --tls-cert.",
        HelpName = "file",
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_tls, _name, _roots, _certificate, _key]) command.Add(option);
    }

    /// <summary>The TLS settings; null for plain TCP.</summary>
    public GatewayClientTls? Read(ParseResult parsed)
    {
        var (name, roots, certificate, key) = (parsed.GetValue(_name), parsed.GetValue(_roots), parsed.GetValue(_certificate), parsed.GetValue(_key));
        if (!parsed.GetValue(_tls) && name is null && roots is null && certificate is null && key is null) return null;
        if (key is not null && certificate is null) throw new CliException(ExitCode.Usage, "--tls-key needs --tls-cert.");
        var client = certificate is null ? null : ClientCertificateFile.Read(certificate, key, MaxFileBytes);
        return new GatewayClientTls
        {
            ServerName = name,
            TrustedRoots = roots is null ? null : Roots(roots),
            ClientCertificate = client?.Certificate,
            ClientIntermediates = client?.Intermediates,
        };
    }

    /// <summary>Reads the trusted CA certificates of <c>--tls-ca</c>.</summary>
    /// <exception cref="CliException">The file cannot be read, or contains no certificate.</exception>
    public static X509Certificate2Collection Roots(string file)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(TextFile.Read("--tls-ca", file, MaxFileBytes));
        }
        catch (CryptographicException e)
        {
            throw new CliException(ExitCode.File, $"--tls-ca: '{file}' contains no readable certificate: {e.Message}", e);
        }

        return roots.Count > 0 ? roots : throw new CliException(ExitCode.File, $"--tls-ca: '{file}' contains no certificate in PEM format.");
    }
}
