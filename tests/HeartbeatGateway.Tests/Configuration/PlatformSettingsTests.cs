using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;
using Microsoft.Extensions.Configuration;

namespace HeartbeatGateway.Tests.Configuration;

/// <summary>Settings of ASP.NET Core that do not do here what they do elsewhere.</summary>
public sealed class PlatformSettingsTests
{
    [Theory]
    [InlineData("Kestrel:Endpoints:More:Url", "http://127.0.0.1:9", "Kestrel:Endpoints is not supported: clients' endpoint is Gateway:Tcp:Endpoint")]
    [InlineData("Kestrel:Certificates:Default:Path", "/tls.pfx", "Kestrel:Certificates is not supported")]
    [InlineData("Kestrel:EndpointDefaults:Protocols", "Http2", "Kestrel:EndpointDefaults is not supported")]
    [InlineData("kestrel:endpoints:More:Url", "http://127.0.0.1:9", "Kestrel:Endpoints is not supported")]
    [InlineData("preferHostingUrls", "true", "ASPNETCORE_PREFERHOSTINGURLS is not supported")]
    [InlineData("preferHostingUrls", "1", "ASPNETCORE_PREFERHOSTINGURLS is not supported")]
    public void Settings_that_would_change_the_endpoints_are_refused(string key, string value, string sentence)
    {
        var e = Assert.Throws<GatewayOptionsException>(() => GatewayConfiguration.Read(Configure((key, value)), isDevelopment: true));
        Assert.StartsWith(sentence, Assert.Single(e.Errors), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("https_ports", "8443", "ASPNETCORE_HTTPS_PORTS is '8443' and has no effect: the HTTP endpoint supports http only")]
    [InlineData("https_port", "8443", "ASPNETCORE_HTTPS_PORT is '8443' and has no effect")]
    [InlineData("Kestrel:Limits:MaxConcurrentConnections", "5", "Kestrel:Limits has no effect.")]
    [InlineData("Logging:LogLevel:Default", "Debug", "The section Logging:LogLevel has no effect")]
    [InlineData("OTEL_LOGS_EXPORTER", "otlp", "OTEL_LOGS_EXPORTER has no effect")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://x:1", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT has no effect")]
    public void A_setting_without_effect_is_named(string key, string value, string sentence) =>
        Assert.StartsWith(sentence, Assert.Single(PlatformSettings.Warnings(Configure((key, value)))), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://0.0.0.0:5000", "9090", null, 1)]
    [InlineData("http://0.0.0.0:5000", "8080", null, 1)]
    [InlineData("http://0.0.0.0:5000", "8080", "true", 0)]
    [InlineData("http://0.0.0.0:5000", "9090", "true", 1)]
    [InlineData("http://0.0.0.0:5000", "", null, 0)]
    [InlineData(null, "9090", null, 0)]
    [InlineData("http://0.0.0.0:5000", null, null, 0)]
    public void Ports_that_urls_override_are_named_unless_the_image_set_them(string? urls, string? ports, string? isInContainer, int warnings)
    {
        var found = PlatformSettings.Warnings(Configure(("urls", urls), ("http_ports", ports), ("RUNNING_IN_CONTAINER", isInContainer))).ToList();
        Assert.Equal(warnings, found.Count);
        if (warnings > 0) Assert.StartsWith($"ASPNETCORE_HTTP_PORTS is '{ports}' and has no effect, because ASPNETCORE_URLS (or --urls) is '{urls}'", found[0], StringComparison.Ordinal);
    }

    private static IConfiguration Configure(params (string Key, string? Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, s.Value))).Build();
}
