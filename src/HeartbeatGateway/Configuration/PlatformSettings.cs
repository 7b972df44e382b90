using HeartbeatGateway.Telemetry;

namespace HeartbeatGateway.Configuration;

/// <summary>Settings of ASP.NET Core that other services read and this one does not. A setting without effect is named; one that would change the endpoints is refused.</summary>
internal static class PlatformSettings
{
    private const string Kestrel = "Kestrel";
    private static readonly string[] EndpointSections = ["Endpoints", "EndpointDefaults", "Certificates"];
    private const string HttpsPort = "https_port";
    private const string HttpPortsOfImage = "8080";

    /// <summary>Settings that would add, replace or change endpoints, one sentence for each.</summary>
    public static IEnumerable<string> FindFaults(IConfiguration configuration)
    {
        foreach (var section in configuration.GetSection(Kestrel).GetChildren().Where(IsEndpointSection))
        {
            // The framework would open endpoints that no check and no limit of the gateway knows.
            yield return $"{section.Path} is not supported: clients' endpoint is Gateway:Tcp:Endpoint with Gateway:Tls, and the HTTP endpoint is ASPNETCORE_URLS or ASPNETCORE_HTTP_PORTS.";
        }

        if (IsTrue(configuration[WebHostDefaults.PreferHostingUrlsKey]))
        {
            yield return "ASPNETCORE_PREFERHOSTINGURLS is not supported: it would replace clients' endpoint by ASPNETCORE_URLS.";
        }
    }

    /// <summary>Settings that have no effect, one sentence for each.</summary>
    public static IEnumerable<string> Warnings(IConfiguration configuration)
    {
        if (IsSet(configuration[WebHostDefaults.HttpsPortsKey])) yield return NoHttps("ASPNETCORE_HTTPS_PORTS", configuration[WebHostDefaults.HttpsPortsKey]);
        if (IsSet(configuration[HttpsPort])) yield return NoHttps("ASPNETCORE_HTTPS_PORT", configuration[HttpsPort]);
        var (urls, ports) = (configuration[WebHostDefaults.ServerUrlsKey], configuration[WebHostDefaults.HttpPortsKey]);
        // The image sets the default port, which is no wish of the operator.
        if (IsSet(urls) && IsSet(ports) && !(ports == HttpPortsOfImage && IsTrue(configuration["RUNNING_IN_CONTAINER"])))
        {
            yield return $"ASPNETCORE_HTTP_PORTS is '{ports}' and has no effect, because ASPNETCORE_URLS (or --urls) is '{urls}' and takes precedence.";
        }

        foreach (var section in configuration.GetSection(Kestrel).GetChildren().Where(s => !IsEndpointSection(s))) yield return $"{section.Path} has no effect.";
        if (configuration.GetSection("Logging:LogLevel").GetChildren().Any()) yield return "The section Logging:LogLevel has no effect: log levels are in Serilog:MinimumLevel.";
        foreach (var warning in OtlpSignal.Warnings(configuration)) yield return warning;
    }

    private static bool IsEndpointSection(IConfigurationSection section) => EndpointSections.Contains(section.Key, StringComparer.OrdinalIgnoreCase);

    private static string NoHttps(string name, string? value) =>
        $"{name} is '{value}' and has no effect: the HTTP endpoint supports http only; put a reverse proxy in front of it for https. TLS for clients is Gateway:Tls.";

    private static bool IsSet(string? value) => !string.IsNullOrEmpty(value);

    private static bool IsTrue(string? value) => value is "1" || string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);
}
