using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Telemetry;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Exporter;

namespace HeartbeatGateway.Tests.Telemetry;

public sealed class OtlpSignalTests
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:1";

    [Theory]
    [InlineData("", false, false)]
    [InlineData(Endpoint, true, true)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c:1/v1/traces", true, false)]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://c:1/v1/metrics", false, true)]
    [InlineData(Endpoint + " OTEL_TRACES_EXPORTER=none", false, true)]
    [InlineData(Endpoint + " OTEL_TRACES_EXPORTER=None OTEL_METRICS_EXPORTER=none", false, false)]
    [InlineData(Endpoint + " OTEL_METRICS_EXPORTER=prometheus", true, false)]
    [InlineData("OTEL_TRACES_EXPORTER=otlp", true, false)]
    [InlineData("OTEL_METRICS_EXPORTER=OTLP", false, true)]
    [InlineData(Endpoint + " OTEL_SDK_DISABLED=true", false, false)]
    [InlineData(Endpoint + " OTEL_SDK_DISABLED=TRUE OTEL_TRACES_EXPORTER=otlp", false, false)]
    [InlineData(Endpoint + " OTEL_SDK_DISABLED=false OTEL_TRACES_EXPORTER= ", true, true)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=", false, false)]
    public void A_signal_is_exported_when_a_variable_asks_for_it_and_none_forbids_it(string variables, bool traces, bool metrics)
    {
        var configuration = Configure(variables);
        Assert.Empty(OtlpSignal.FindFaults(configuration));
        Assert.Equal((traces, metrics), (OtlpSignal.Traces(configuration).IsOn, OtlpSignal.Metrics(configuration).IsOn));
    }

    [Fact]
    public void The_variables_of_a_signal_override_the_general_ones_for_this_signal_only()
    {
        var configuration = Configure(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://traces:2/in OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf OTEL_EXPORTER_OTLP_TRACES_HEADERS=k=v "
            + "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=77 OTEL_EXPORTER_OTLP_TRACES_COMPRESSION=gzip");
        var (traces, metrics) = (new OtlpExporterOptions(), new OtlpExporterOptions());
        OtlpSignal.Traces(configuration).Configure(traces);
        OtlpSignal.Metrics(configuration).Configure(metrics);
        Assert.Equal(("http://traces:2/in", OtlpExportProtocol.HttpProtobuf, "k=v", 77, OtlpExportCompression.GZip), (traces.Endpoint.ToString(), traces.Protocol, traces.Headers, traces.TimeoutMilliseconds, traces.Compression));
        Assert.Equal("http://localhost:4317/", metrics.Endpoint.ToString());
        Assert.Equal(OtlpExportProtocol.Grpc, metrics.Protocol);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT is 'collector:4317', but must be a URL such as http://collector:4317.")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=nowhere", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT is 'nowhere', but must be a URL")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=user:password@host", "OTEL_EXPORTER_OTLP_ENDPOINT is '…', but must be a URL")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL=http/json", "OTEL_EXPORTER_OTLP_PROTOCOL is 'http/json', but must be grpc or http/protobuf.")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=10s", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT is '10s', but must be a number of milliseconds.")]
    [InlineData("OTEL_EXPORTER_OTLP_COMPRESSION=zstd", "OTEL_EXPORTER_OTLP_COMPRESSION is 'zstd', but must be gzip or none.")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS=password", "OTEL_EXPORTER_OTLP_HEADERS must hold name=value pairs separated by commas.")]
    [InlineData("OTEL_TRACES_EXPORTER=jaeger", "OTEL_TRACES_EXPORTER is 'jaeger', but must be otlp or none.")]
    [InlineData("OTEL_METRICS_EXPORTER=otlp,console", "OTEL_METRICS_EXPORTER is 'otlp,console', but must be otlp or none or prometheus.")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL=1m", "OTEL_METRIC_EXPORT_INTERVAL is '1m', but must be a whole number above 0.")]
    public void A_value_that_cannot_be_used_stops_the_start(string variable, string sentence)
    {
        var e = Assert.Throws<GatewayOptionsException>(() => GatewayConfiguration.Read(Configure(variable), isDevelopment: true));
        Assert.StartsWith(sentence, Assert.Single(e.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain("password", e.Message, StringComparison.Ordinal);
    }

    private static IConfiguration Configure(string variables) => new ConfigurationBuilder()
        .AddInMemoryCollection(variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2)).Select(v => KeyValuePair.Create(v[0], (string?)v[1]))).Build();
}
