using HeartbeatGateway.Telemetry;

namespace HeartbeatGateway.Configuration;

/// <summary>The settings outside the section <c>Gateway</c> that the gateway or its libraries read, and whether their values may be shown.</summary>
internal static class PlatformSettingNames
{
    private const string Levels = "Serilog:MinimumLevel";

    /// <summary>The shown name and the configuration's key, where they differ: the platform reads these variables without their prefix.</summary>
    private static readonly (string Name, string Key)[] Displayed =
    [
        ("ASPNETCORE_ENVIRONMENT", HostDefaults.EnvironmentKey), ("ASPNETCORE_URLS", WebHostDefaults.ServerUrlsKey), ("ASPNETCORE_HTTP_PORTS", WebHostDefaults.HttpPortsKey),
        .. Same("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
        .. Same("OTEL_SDK_DISABLED", "OTEL_SERVICE_NAME", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"),
        .. Same([.. OtlpSignal.Numbers]),
        .. Same([.. OtlpSignal.Prefixes.SelectMany(_ => new[] { "ENDPOINT", "PROTOCOL", "TIMEOUT", "COMPRESSION" }, (prefix, name) => prefix + name)]),
    ];

    /// <summary>Headers hold credentials, and attributes are free text.</summary>
    private static readonly string[] Hidden = ["OTEL_RESOURCE_ATTRIBUTES", .. OtlpSignal.Prefixes.Select(prefix => prefix + "HEADERS")];

    /// <summary>Those that are set.</summary>
    public static IEnumerable<ShownSetting> List(IConfiguration configuration)
    {
        foreach (var (name, key) in Displayed)
        {
            if (configuration[key] is { Length: > 0 } value) yield return ShownSetting.Displayed(name, value, SettingOrigins.SourceOf(configuration, key));
        }

        foreach (var name in Hidden)
        {
            if (configuration[name] is { Length: > 0 }) yield return ShownSetting.Hidden(name, SettingOrigins.SourceOf(configuration, name));
        }

        foreach (var (key, value) in configuration.GetSection(Levels).AsEnumerable().OrderBy(s => s.Key, StringComparer.OrdinalIgnoreCase))
        {
            if (value is { Length: > 0 }) yield return ShownSetting.Displayed(key, value, SettingOrigins.SourceOf(configuration, key));
        }
    }

    private static IEnumerable<(string Name, string Key)> Same(params string[] names) => names.Select(name => (name, name));
}
