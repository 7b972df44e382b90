namespace HeartbeatGateway.EndToEnd.Tests;

public sealed class OpenTelemetryTests
{
    private static readonly (string, string?)[] Often =
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_METRIC_EXPORT_INTERVAL", "300"), ("OTEL_BSP_SCHEDULE_DELAY", "300"),
    ];

    [Fact]
    public async Task Metrics_and_traces_are_exported_to_the_configured_otlp_endpoint()
    {
        using var collector = new FakeCollector();
        await using var gateway = await GatewayProcess.StartAsync([("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url), .. Often]);
        await gateway.ScrapeAsync();
        await RequestAsync(gateway, "/unknown-page");
        var metrics = await collector.ReceivedAsync("/v1/metrics", "heartbeatgateway.connected_clients");
        Assert.Contains("heartbeatgateway.heartbeats", metrics, StringComparison.Ordinal);
        // The runtime's own instruments.
        Assert.Contains("dotnet.gc.collections", metrics, StringComparison.Ordinal);
        Assert.Contains("heartbeatgateway", await collector.ReceivedAsync("/v1/traces", "/unknown-page"), StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.Lines, l => l.Contains("Telemetry", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Probes_and_scrapes_make_no_spans()
    {
        using var collector = new FakeCollector();
        await using var gateway = await GatewayProcess.StartAsync([("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url), .. Often]);
        foreach (var path in new[] { "/metrics", "/livez", "/readyz", "/healthz", "/LIVEZ", "/metrics/" }) await RequestAsync(gateway, path);
        // Sent after the others, and spans are exported in order.
        await RequestAsync(gateway, "/last-page");
        await collector.ReceivedAsync("/v1/traces", "/last-page");
        var traces = string.Concat(collector.Received.Where(r => r.Path == "/v1/traces").Select(r => r.Body));
        foreach (var path in new[] { "/metrics", "livez", "LIVEZ", "readyz", "healthz" }) Assert.DoesNotContain(path, traces, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_variables_of_the_specification_name_the_service_and_choose_the_signals()
    {
        using var collector = new FakeCollector();
        await using var gateway = await GatewayProcess.StartAsync(
        [
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", $"{collector.Url}own/path"), ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", $"{collector.Url}v1/metrics"), ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_SERVICE_NAME", "fleet-north"), ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test-hall,service.name=overridden"), .. Often,
        ]);
        await RequestAsync(gateway, "/unknown-page");
        var traces = await collector.ReceivedAsync("/own/path", "/unknown-page");
        Assert.Contains("fleet-north", traces, StringComparison.Ordinal);
        Assert.Contains("test-hall", traces, StringComparison.Ordinal);
        Assert.DoesNotContain("overridden", traces, StringComparison.Ordinal);
        Assert.All(collector.Received, r => Assert.Equal("/own/path", r.Path));
    }

    [Fact]
    public async Task One_signal_endpoint_switches_on_only_its_signal()
    {
        using var collector = new FakeCollector();
        await using var gateway = await GatewayProcess.StartAsync([("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", $"{collector.Url}v1/metrics"), .. Often]);
        await RequestAsync(gateway, "/unknown-page");
        await collector.ReceivedAsync("/v1/metrics", "heartbeatgateway.connected_clients");
        gateway.Signal("TERM");
        // The exporters send the rest of their data at the end.
        Assert.Equal(0, await gateway.ExitCodeAsync());
        Assert.All(collector.Received, r => Assert.Equal("/v1/metrics", r.Path));
    }

    [Fact]
    public async Task Nothing_is_exported_when_the_sdk_is_disabled()
    {
        using var collector = new FakeCollector();
        await using var gateway = await GatewayProcess.StartAsync([("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url), ("OTEL_SDK_DISABLED", "true"), .. Often]);
        await RequestAsync(gateway, "/unknown-page");
        gateway.Signal("TERM");
        Assert.Equal(0, await gateway.ExitCodeAsync());
        Assert.Empty(collector.Received);
    }

    [Fact]
    public async Task A_collector_that_refuses_and_recovers_is_logged_once_each()
    {
        using var collector = new FakeCollector { RefusedAtFirst = 4 };
        await using var gateway = await GatewayProcess.StartAsync([("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", $"{collector.Url}v1/metrics"), .. Often]);
        await gateway.SawAsync("CollectorReachable");
        var refused = Assert.Single(gateway.Lines, l => l.Contains("CollectorUnreachable", StringComparison.Ordinal));
        Assert.Contains($"Telemetry cannot be sent to {collector.Url}v1/metrics: ", refused, StringComparison.Ordinal);
        Assert.Contains("503", refused, StringComparison.Ordinal);
        Assert.Single(gateway.Lines, l => l.Contains("CollectorReachable", StringComparison.Ordinal));
        Assert.True(collector.Received.Count > 4);
    }

    [Fact]
    public async Task A_collector_that_does_not_exist_is_logged()
    {
        var nowhere = $"http://127.0.0.1:{GatewayProcess.FreePort()}";
        await using var gateway = await GatewayProcess.StartAsync([("OTEL_EXPORTER_OTLP_ENDPOINT", nowhere), .. Often]);
        await gateway.SawAsync($"Telemetry cannot be sent to {nowhere}/v1/metrics: Connection refused");
        using var client = await SocketClient.ConnectAsync(gateway.TcpPort);
        await client.PingAsync();
    }

    private static async Task RequestAsync(GatewayProcess gateway, string path) => (await gateway.Http.GetAsync(path, TestContext.Current.CancellationToken)).Dispose();
}
