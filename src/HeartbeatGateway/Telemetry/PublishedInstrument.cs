using System.Diagnostics.Metrics;
using Prometheus;

namespace HeartbeatGateway.Telemetry;

/// <summary>Where the measurements of one instrument go. Label names are those of its first measurement.</summary>
internal abstract class PublishedInstrument
{
    public abstract void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags);

    protected static string[] NamesOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var names = new string[tags.Length];
        for (var i = 0; i < names.Length; i++) names[i] = tags[i].Key;
        return names;
    }

    protected static string[] ValuesOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var values = new string[tags.Length];
        for (var i = 0; i < values.Length; i++) values[i] = tags[i].Value?.ToString() ?? "";
        return values;
    }
}

/// <summary>An observable counter: its measurements are totals.</summary>
internal sealed class PublishedCounter(MetricFactory factory, string name, string help) : PublishedInstrument
{
    private Counter? _counter;

    public override void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        _counter ??= factory.CreateCounter(name, help, NamesOf(tags));
        _counter.WithLabels(ValuesOf(tags)).IncTo(value);
    }
}

/// <summary>An observable gauge.</summary>
internal sealed class PublishedGauge(MetricFactory factory, string name, string help) : PublishedInstrument
{
    private Gauge? _gauge;

    public override void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        _gauge ??= factory.CreateGauge(name, help, NamesOf(tags));
        _gauge.WithLabels(ValuesOf(tags)).Set(value);
    }
}

/// <summary>A histogram without labels; it is there, empty, before its first measurement.</summary>
internal sealed class PublishedHistogram(MetricFactory factory, string name, Histogram<double> instrument) : PublishedInstrument
{
    private readonly Histogram _histogram = factory.CreateHistogram(
        name, instrument.Description ?? "", new HistogramConfiguration { Buckets = [.. instrument.Advice?.HistogramBucketBoundaries ?? Histogram.PowersOfTenDividedBuckets(-3, 2, 4)] });

    public override void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => _histogram.Observe(value);
}
