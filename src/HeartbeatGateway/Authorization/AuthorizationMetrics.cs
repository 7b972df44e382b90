using System.Diagnostics.Metrics;
using HeartbeatGateway.Telemetry;

namespace HeartbeatGateway.Authorization;

/// <summary>How questions about clients were answered, and how long the service took. The series exist whether or not one is asked.</summary>
internal sealed class AuthorizationMetrics
{
    private static readonly string[] Names = ["allowed", "refused", "cached_allowed", "cached_refused", "failed_open", "failed_closed"];

    private readonly long[] _counts = new long[Names.Length];
    private readonly Histogram<double> _duration;

    public AuthorizationMetrics(IMeterFactory meterFactory)
    {
        var meter = meterFactory.Create(ServiceMetrics.MeterName);
        meter.CreateObservableCounter(
            "heartbeatgateway.authorizations",
            () => Names.Select((name, i) => new Measurement<long>(Interlocked.Read(ref _counts[i]), new KeyValuePair<string, object?>("result", name))),
            null,
            "Hellos about which an authorization service was asked, by result.");
        _duration = meter.CreateHistogram(
            "heartbeatgateway.authorization_duration", "s", "Time that the authorization service took to answer, failures included.", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10] });
    }

    public void Answered(bool isAllowed, bool isCached) => Interlocked.Increment(ref _counts[(isCached ? 2 : 0) + (isAllowed ? 0 : 1)]);

    public void Failed(bool isAllowed) => Interlocked.Increment(ref _counts[isAllowed ? 4 : 5]);

    public void Took(TimeSpan duration) => _duration.Record(duration.TotalSeconds);
}
