using Prometheus;

namespace HeartbeatGateway.Telemetry;

/// <summary>Publishes an observable gauge.</summary>
internal sealed class PublishedGauge(MetricFactory factory, string name, string help) : PublishedInstrument
{
    private Gauge? _gauge;

    public override void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        _gauge ??= factory.CreateGauge(name, help, NamesOf(tags));
        _gauge.WithLabels(ValuesOf(tags)).Set(value);
    }
}
