using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;

namespace HeartbeatGateway.Client;

/// <summary>Turns a configuration section into options. An unknown key or a wrong value is an error that names the key.</summary>
internal static class GatewayClientConfiguration
{
    public static GatewayClientOptions Read(IConfiguration section)
    {
        var settings = Bind(section);
        var tokens = new ConfiguredTokens(settings.Tokens);
        var defaults = new GatewayClientOptions { Endpoints = [], Tokens = tokens.Current() };
        var options = defaults with
        {
            Endpoints = settings.Endpoints.Select(EndpointText.Parse).ToImmutableArray(),
            TokenSource = tokens.Current,
            Tls = settings.Tls is null ? null : Tls(settings.Tls),
            ClientId = settings.ClientId,
            Library = settings.Library,
            NameKey = settings.NameKey ?? defaults.NameKey,
            StopHostWhenClosed = settings.StopHostWhenClosed ?? defaults.StopHostWhenClosed,
            Heartbeat = settings.Heartbeat ?? defaults.Heartbeat,
            ServerTimeout = settings.ServerTimeout ?? defaults.ServerTimeout,
            ConnectTimeout = settings.ConnectTimeout ?? defaults.ConnectTimeout,
            InitialJitter = settings.InitialJitter ?? defaults.InitialJitter,
            BackoffBase = settings.BackoffBase ?? defaults.BackoffBase,
            BackoffMax = settings.BackoffMax ?? defaults.BackoffMax,
            BackoffResetAfter = settings.BackoffResetAfter ?? defaults.BackoffResetAfter,
            CloseTimeout = settings.CloseTimeout ?? defaults.CloseTimeout,
            SendQueueCapacity = settings.SendQueueCapacity ?? defaults.SendQueueCapacity,
            SendQueueBytes = settings.SendQueueBytes ?? defaults.SendQueueBytes,
            SendQueueFullMode = settings.SendQueueFullMode ?? defaults.SendQueueFullMode,
            Acknowledgements = settings.Acknowledgements ?? defaults.Acknowledgements,
            MaxUnacknowledged = settings.MaxUnacknowledged ?? defaults.MaxUnacknowledged,
            MaxUnacknowledgedBytes = settings.MaxUnacknowledgedBytes ?? defaults.MaxUnacknowledgedBytes,
            ReceiveQueueCapacity = settings.ReceiveQueueCapacity ?? defaults.ReceiveQueueCapacity,
            ReceiveQueueBytes = settings.ReceiveQueueBytes ?? defaults.ReceiveQueueBytes,
            ReceiveQueueFullMode = settings.ReceiveQueueFullMode ?? defaults.ReceiveQueueFullMode,
            MaxContentBytes = settings.MaxContentBytes ?? defaults.MaxContentBytes,
            LocalAddress = settings.LocalAddress is null ? null : Address(settings.LocalAddress),
        };
        options.Validate();
        return options;
    }

    private static GatewayClientSettings Bind(IConfiguration section)
    {
        try
        {
            return section.Get<GatewayClientSettings>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new GatewayClientSettings();
        }
        catch (InvalidOperationException e)
        {
            var cause = e.InnerException is null ? "" : $" {e.InnerException.Message}";
            throw new GatewayClientOptionsException("The configuration of the client", $"is not valid: {e.Message}{cause}", e);
        }
    }

    private static IPAddress Address(string text) => IPAddress.TryParse(text, out var address)
        ? address
        : throw new GatewayClientOptionsException(nameof(GatewayClientOptions.LocalAddress), $"is '{text}' and must be an IP address");

    private static GatewayClientTls Tls(GatewayClientSettings.TlsFileSettings settings)
    {
        if (settings is { KeyFile: not null, CertificateFile: null })
        {
            throw new GatewayClientOptionsException("Tls.KeyFile", "needs Tls.CertificateFile: the certificate that belongs to the key");
        }

        // Reading once reports a wrong file at the start. Later changes are taken in at the next handshake.
        if (settings.CertificateFile is not null) _ = Certificates(settings);
        return new GatewayClientTls
        {
            ServerName = settings.ServerName,
            RevocationMode = settings.RevocationMode,
            TrustedRoots = settings.TrustedRootsFile is { } roots ? Load("Tls.TrustedRootsFile", roots, () => Pem(roots)) : null,
            ClientCertificateSource = settings.CertificateFile is null ? null : () => Certificates(settings),
        };
    }

    private static X509Certificate2Collection Certificates(GatewayClientSettings.TlsFileSettings settings)
    {
        var file = settings.CertificateFile!;
        return Load("Tls.CertificateFile", file, () =>
        {
            using var leaf = X509Certificate2.CreateFromPemFile(file, settings.KeyFile);
            var all = Pem(file);
            all[0].Dispose();
            // TLS on some systems needs a key that was imported, not one from PEM in memory.
            all[0] = X509CertificateLoader.LoadPkcs12(leaf.Export(X509ContentType.Pkcs12), null);
            return all;
        });
    }

    private static X509Certificate2Collection Pem(string file)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPemFile(file);
        return all;
    }

    private static X509Certificate2Collection Load(string name, string file, Func<X509Certificate2Collection> load)
    {
        try
        {
            return load();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new GatewayClientOptionsException(name, $"'{file}' cannot be used: {e.Message}", e);
        }
    }
}
