using Prometheus;

namespace HeartbeatGateway.Telemetry;

/// <summary>Publishes an observable counter. Its measurements are totals.</summary>
internal sealed class PublishedCounter(MetricFactory factory, string name, string help) : PublishedInstrument
{
    private Counter? _counter;

    public override void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        _counter ??= factory.CreateCounter(name, help, NamesOf(tags));
        _counter.WithLabels(ValuesOf(tags)).IncTo(value);
    }
}
