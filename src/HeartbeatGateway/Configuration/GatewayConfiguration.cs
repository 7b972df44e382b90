using HeartbeatGateway.Bans;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Telemetry;
using HeartbeatGateway.Tls;
using HeartbeatGateway.Transport;
using HeartbeatGateway.Webhook;

namespace HeartbeatGateway.Configuration;

/// <summary>Reads the section <c>Gateway</c>. If any value is wrong it reads nothing, and the error names each wrong key.</summary>
internal static class GatewayConfiguration
{
    /// <summary>The default secret in Development, when no key is configured. It is public, so it is no default in other environments.</summary>
    public const string DevelopmentSecret = "heartbeatgateway-development-secret";

    /// <exception cref="GatewayOptionsException">A value is wrong; the message names every wrong key.</exception>
    public static ServiceOptions Read(IConfiguration configuration, bool isDevelopment)
    {
        var section = configuration.GetSection(GatewayOptions.SectionName);
        var faults = StrictBinder.FindFaults(section, typeof(ServiceOptions)).Concat(Logging.FindFaults(configuration)).ToList();
        faults.AddRange(PlatformSettings.FindFaults(configuration));
        if (faults.Count > 0) throw new GatewayOptionsException(SettingOrigins.AddTo(faults, configuration));

        var options = section.Get<ServiceOptions>() ?? new ServiceOptions();
        if (isDevelopment && UsesDevelopmentSecret(options)) options.Tokens.Keys.Add(new TokenKeyOptions { Id = "dev", Secret = DevelopmentSecret });
        options.Tokens.LogSignedBytes ??= isDevelopment;
        options.Frames.HelloNotices ??= isDevelopment;
        var errors = new List<string>(options.Validate());
        errors.AddRange(OtlpSignal.FindFaults(configuration));
        if (!GatewayEndPoint.TryParse(options.Tcp.Endpoint, out _, out var error)) errors.Add($"Gateway:Tcp:Endpoint {error}");
        if (options.Tcp.Backlog < 1) errors.Add($"Gateway:Tcp:Backlog is {options.Tcp.Backlog}, but must be at least 1.");
        if (options.Tcp.SendBufferBytes < 0) errors.Add($"Gateway:Tcp:SendBufferBytes is {options.Tcp.SendBufferBytes}, but must be 0 (the system's default) or more.");
        if (options.Tcp.Transport == TcpTransport.Epoll && !OperatingSystem.IsLinux()) errors.Add("Gateway:Tcp:Transport is Epoll, which needs Linux. Use Sockets on this system.");
        if (options.Tls.MaxHandshakes < 1) errors.Add($"Gateway:Tls:MaxHandshakes is {options.Tls.MaxHandshakes}, but must be at least 1.");
        if (options.Tls.MaxClientHelloBytes is < 1024 or > 64 * 1024) errors.Add($"Gateway:Tls:MaxClientHelloBytes is {options.Tls.MaxClientHelloBytes}, but must be between 1024 and 65536.");
        errors.AddRange(FindTlsFaults(options.Tls));
        options.Admin.Parsed = AdminKeys.Read(options.Admin, errors);
        errors.AddRange(options.Http.FindFaults());
        errors.AddRange(options.Authorization.Read());
        errors.AddRange(options.WebSocket.FindFaults(options.Tokens.Scheme));
        errors.AddRange(WebhookRules.FindFaults(options.Webhook, NamesSink(options, SinkKinds.Webhook)));
        errors.AddRange(options.Redis.Read(NamesSink(options, SinkKinds.Redis)));
        return errors.Count > 0 ? throw new GatewayOptionsException(SettingOrigins.AddTo(errors, configuration)) : options;
    }

    /// <summary>As <see cref="Read"/>, for a start: the gateway's certificate must be valid now, and the file of bans usable. While it runs, its expiry must not keep other settings from being changed.</summary>
    /// <exception cref="GatewayOptionsException">Something is wrong; the message names every key that is.</exception>
    public static ServiceOptions ReadForStart(IConfiguration configuration, bool isDevelopment)
    {
        var options = Read(configuration, isDevelopment);
        if (options.Tls.IsOn()) CertificateValidity.ThrowIfUnusable(options.Tls, TlsFiles.Load(options.Tls), TimeProvider.System.GetUtcNow());
        if (BanStore.FindStartFault(options.Bans) is { } fault) throw new GatewayOptionsException([fault]);
        if (DeadLetterFile.FindStartFault(options.Webhook) is { } unwritable) throw new GatewayOptionsException([unwritable]);
        return options;
    }

    /// <summary>Valid settings that weaken security, one sentence for each.</summary>
    public static IEnumerable<string> Warnings(ServiceOptions options, bool isDevelopment)
    {
        if (options.Tokens.Keys.Any(k => string.Equals(k.Secret, DevelopmentSecret, StringComparison.Ordinal)))
        {
            yield return $"Tokens are made with the well-known development secret '{DevelopmentSecret}'; set Gateway__Tokens__Keys__0__Secret before this gateway is reachable from other machines.";
        }

        foreach (var warning in options.FindWarnings()) yield return warning;
        if (options.Tls.IsOn())
        {
            foreach (var warning in CertificateValidity.Warnings(options.Tls, TlsFiles.Load(options.Tls), TimeProvider.System.GetUtcNow())) yield return warning;
        }

        foreach (var warning in WebhookRules.Warnings(options.Webhook, isDevelopment)) yield return warning;
        if (options.Proxy is { Header: ProxyHeaderDemand.Optional, TrustedNetworks.Count: > 0 })
        {
            yield return "Gateway:Proxy:Header is Optional: while a trusted proxy sends no header, its clients can make one up and choose their address; set it to Required when all proxies send headers.";
        }

        if (isDevelopment) yield break;
        if (options.Tokens.Scheme == "none") yield return "Gateway:Tokens:Scheme is none: any peer that can reach the port is accepted as a client.";
        if (options.Tokens.Scheme == "digest") yield return "Gateway:Tokens:Scheme is digest: an attacker who records one frame of the gateway can send it back as a valid ping, and repeat this with each answer; hmac-sha256 does not have this weakness.";
    }

    /// <summary>True when the messages of clients go to a sink.</summary>
    private static bool NamesSink(ServiceOptions options, string kind) => options.Messages.Sinks.Any(s => kind.Equals(s.Kind, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string> FindTlsFaults(TlsOptions tls)
    {
        var isOn = tls.IsOn();
        if (!isOn && (!string.IsNullOrEmpty(tls.KeyFile) || tls.ClientCertificates != ClientCertificateDemand.None))
        {
            return ["Gateway:Tls:CertificateFile is missing: without it clients connect in plain TCP, and the other keys of Gateway:Tls have no effect."];
        }

        if (!isOn) return [];
        if (string.IsNullOrEmpty(tls.KeyFile)) return ["Gateway:Tls:KeyFile is missing: give a PEM file with the private key of Gateway:Tls:CertificateFile."];
        if (tls.ClientCertificates != ClientCertificateDemand.None && string.IsNullOrEmpty(tls.ClientAuthorityFile))
        {
            return ["Gateway:Tls:ClientAuthorityFile is missing: give a PEM file with the authorities that may have signed clients' certificates."];
        }

        if (tls.ClientNames.FirstOrDefault(pattern => !ClientIdPattern.IsValid(pattern)) is { } unusable)
        {
            return [$"Gateway:Tls:ClientNames holds '{unusable}', but its items must have 1 to {ClientId.MaxLength} characters of A-Z a-z 0-9 . _ : - and *."];
        }

        try
        {
            TlsFiles.Load(tls);
            return [];
        }
        catch (GatewayOptionsException e)
        {
            return e.Errors;
        }
    }

    private static bool UsesDevelopmentSecret(ServiceOptions options) => options.Tokens.Keys.Count == 0 && options.Tokens.Scheme != "none";
}
