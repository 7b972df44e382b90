using System.Diagnostics.Metrics;
using Prometheus;

namespace HeartbeatGateway.Telemetry;

/// <summary>Publishes a histogram without labels. The series exist, empty, before the first measurement.</summary>
internal sealed class PublishedHistogram(MetricFactory factory, string name, Histogram<double> instrument) : PublishedInstrument
{
    private readonly Histogram _histogram = factory.CreateHistogram(
        name, instrument.Description ?? "", new HistogramConfiguration { Buckets = [.. instrument.Advice?.HistogramBucketBoundaries ?? Histogram.PowersOfTenDividedBuckets(-3, 2, 4)] });

    public override void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => _histogram.Observe(value);

    public void Observe(double value, long times) => _histogram.Observe(value, times);
}
