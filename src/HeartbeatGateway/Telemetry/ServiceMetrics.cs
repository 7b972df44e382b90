using System.Diagnostics.Metrics;
using System.Reflection;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Telemetry;

/// <summary>What the service counts beside the engine.</summary>
internal sealed class ServiceMetrics
{
    /// <summary>The meter of the engine's instruments and of the service's own.</summary>
    public const string MeterName = "HeartbeatGateway";

    public ServiceMetrics(IMeterFactory meterFactory, BackgroundLogWriter log, GuardedLoggerFactory loggers)
    {
        var meter = meterFactory.Create(MeterName);
        KeyValuePair<string, object?>[] build = [new("version", Version), new("runtime", Environment.Version.ToString())];
        meter.CreateObservableGauge("heartbeatgateway.build_info", () => new Measurement<long>(1, build), null, "Always 1; the labels tell the build.");
        meter.CreateObservableCounter("heartbeatgateway.log_lines_dropped", () => log.Dropped + loggers.Lost, null, "Log lines lost because standard output did not take them in time, or a logger failed.");
    }

    public static string Version { get; } =
        typeof(ServiceMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
