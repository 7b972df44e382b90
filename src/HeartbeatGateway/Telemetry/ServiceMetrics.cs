using System.Diagnostics.Metrics;
using System.Reflection;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Telemetry;

/// <summary>The instruments of the service, in addition to the engine's.</summary>
internal sealed class ServiceMetrics
{
    /// <summary>The name of the meter that has the engine's instruments and the service's own.</summary>
    public const string MeterName = "HeartbeatGateway";

    /// <summary>The meter of the cluster on Redis.</summary>
    public const string RedisMeterName = "HeartbeatGateway.Redis";

    public ServiceMetrics(IMeterFactory meterFactory, BackgroundLogWriter log, GuardedLoggerFactory loggers)
    {
        var meter = meterFactory.Create(MeterName);
        KeyValuePair<string, object?>[] build = [new("version", Version), new("runtime", Environment.Version.ToString())];
        meter.CreateObservableGauge("heartbeatgateway.build_info", () => new Measurement<long>(1, build), null, "Always 1; the labels identify the build.");
        meter.CreateObservableCounter("heartbeatgateway.log_lines_dropped", () => log.Dropped + loggers.Lost, null, "Log lines dropped because standard output was blocked or closed, or because a logger failed.");
    }

    public static string Version { get; } =
        typeof(ServiceMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
