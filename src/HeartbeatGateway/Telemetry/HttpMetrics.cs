using System.Diagnostics.Metrics;

namespace HeartbeatGateway.Telemetry;

/// <summary>What the service counts of the operators' HTTP connections.</summary>
internal sealed class HttpMetrics
{
    private long _replaced;
    private long _rejected;

    public HttpMetrics(IMeterFactory meterFactory) => meterFactory.Create(ServiceMetrics.MeterName).CreateObservableCounter(
        "heartbeatgateway.http_connections_shed",
        () => new[] { Read("replaced", ref _replaced), Read("rejected", ref _rejected) },
        null,
        "HTTP connections closed because places were short, by whether another one took the place.");

    /// <summary>A connection was closed, and its place given to a new one.</summary>
    public void Replaced() => Interlocked.Increment(ref _replaced);

    /// <summary>A new connection was closed at once.</summary>
    public void Rejected() => Interlocked.Increment(ref _rejected);

    private static Measurement<long> Read(string reason, ref long counter) => new(Volatile.Read(ref counter), new KeyValuePair<string, object?>("reason", reason));
}
