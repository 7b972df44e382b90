using System.Diagnostics;
using HeartbeatGateway.Api.Streaming;
using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace HeartbeatGateway.Telemetry;

/// <summary>
/// Exports the instruments of <c>/metrics</c>, those of the runtime, and traces of HTTP requests and of sampled connections by OTLP, as the variables of the
/// OpenTelemetry specification ask for.
/// </summary>
internal static class OpenTelemetryExport
{
    /// <summary>The service's name, unless <c>OTEL_SERVICE_NAME</c> or <c>OTEL_RESOURCE_ATTRIBUTES</c> has one.</summary>
    private const string ServiceName = "heartbeatgateway";

    /// <summary>The meter of the runtime: heap, collections, thread pool, locks, exceptions.</summary>
    private const string RuntimeMeter = "System.Runtime";

    /// <summary>Paths that probes and scrapers request every few seconds. Their spans would be most of all, and tell nothing.</summary>
    private static readonly PathString[] Unrecorded = ["/metrics", "/livez", "/readyz", "/healthz"];

    public static void Add(WebApplicationBuilder builder)
    {
        var (traces, metrics) = (OtlpSignal.Traces(builder.Configuration), OtlpSignal.Metrics(builder.Configuration));
        if (!traces.IsOn && !metrics.IsOn) return;
        builder.Services.AddHostedService<CollectorWatch>();
        // The variables come last, so that they override the default name.
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(ServiceName, serviceVersion: ServiceMetrics.Version).AddEnvironmentVariableDetector());
        if (metrics.IsOn) telemetry.WithMetrics(meters => meters.AddMeter(ServiceMetrics.MeterName, ServiceMetrics.RedisMeterName, RuntimeMeter).AddOtlpExporter(metrics.Configure));
        if (traces.IsOn) telemetry.WithTracing(spans => spans.AddAspNetCoreInstrumentation(ConfigureRequests).AddSource(ServiceMetrics.MeterName).AddOtlpExporter(traces.Configure));
    }

    private static void ConfigureRequests(AspNetCoreTraceInstrumentationOptions options)
    {
        options.Filter = context => !Unrecorded.Any(path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase, out var rest) && (!rest.HasValue || rest == "/"));
        options.EnrichWithHttpResponse = SkipStreams;
    }

    /// <summary>A stream of events lasts for hours, which would be taken for the latency of a request. One that is refused is a request like others.</summary>
    private static void SkipStreams(Activity span, HttpResponse response)
    {
        if (response.ContentType == ServerSentReaders.ContentType) span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }
}
