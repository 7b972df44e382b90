using System.Diagnostics.Metrics;
using HeartbeatGateway.Server.Telemetry;
using Prometheus;

namespace HeartbeatGateway.Telemetry;

/// <summary>
/// Publishes the instruments of the meter <c>HeartbeatGateway</c> through prometheus-net, under Prometheus names and types. It listens from
/// the start, so that measurements before the first scrape are not lost. It listens only to the meters of its own host.
/// </summary>
internal sealed class PrometheusBridge : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly CollectorRegistry _registry;
    private readonly MetricFactory _factory;

    public PrometheusBridge(IMeterFactory meterFactory, CollectorRegistry registry)
    {
        _registry = registry;
        _factory = Metrics.WithCustomRegistry(registry);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name is not (ServiceMetrics.MeterName or ServiceMetrics.RedisMeterName) || !ReferenceEquals(instrument.Meter.Scope, meterFactory)) return;
            listener.EnableMeasurementEvents(instrument, Publish(instrument));
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => ((PublishedInstrument)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => ((PublishedInstrument)state!).Record(value, tags));
        _listener.Start();
        registry.AddBeforeCollectCallback(_listener.RecordObservableInstruments);
    }

    /// <summary>Reads a histogram's table at each collection, instead of listening to each measurement.</summary>
    public void Follow(HistogramTable table)
    {
        var histogram = (PublishedHistogram)_listener.DisableMeasurementEvents(table.Instrument)!;
        _registry.AddBeforeCollectCallback(new PublishedTable(table, histogram).Publish);
    }

    public void Dispose() => _listener.Dispose();

    private PublishedInstrument Publish(Instrument instrument)
    {
        var kind = instrument.GetType().GetGenericTypeDefinition();
        var name = PrometheusName.Of(instrument, isCounter: kind == typeof(ObservableCounter<>));
        if (kind == typeof(ObservableCounter<>)) return new PublishedCounter(_factory, name, instrument.Description ?? "");
        if (kind == typeof(ObservableGauge<>)) return new PublishedGauge(_factory, name, instrument.Description ?? "");
        if (instrument is Histogram<double> histogram) return new PublishedHistogram(_factory, name, histogram);
        throw new NotSupportedException($"The instrument {instrument.Name} is a {instrument.GetType().Name}, for which the Prometheus bridge has no rule.");
    }
}
