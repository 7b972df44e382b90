using System.Diagnostics.Metrics;

namespace HeartbeatGateway.Client.Tests.Support;

/// <summary>A meter factory for one test, and the measurements of its instruments.</summary>
internal sealed class TestMeters : IMeterFactory
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, double> _sums = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    public TestMeters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, this)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.Start();
    }

    public Meter Create(MeterOptions options) => new(options.Name, options.Version, options.Tags, scope: this);

    /// <summary>The sum of a counter or histogram, or the value of a gauge; 0 without a measurement. Tags are written as <c>|name=value</c>.</summary>
    public double this[string series]
    {
        get
        {
            _listener.RecordObservableInstruments();
            lock (_lock) return _sums.GetValueOrDefault("heartbeatgateway.client." + series);
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = instrument.Name;
        foreach (var tag in tags) key += $"|{tag.Key}={tag.Value}";
        lock (_lock) _sums[key] = instrument.IsObservable ? value : _sums.GetValueOrDefault(key) + value;
    }
}
