using System.Diagnostics.Metrics;

namespace HeartbeatGateway.Testing;

/// <summary>Reads metrics as a collector does: the last value of observable instruments, and all values recorded by histograms.</summary>
public sealed class MetricReader : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, double> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<double>> _recorded = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    public MetricReader(IMeterFactory factory)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, factory)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>All series at this moment.</summary>
    public IReadOnlyDictionary<string, double> Series()
    {
        _listener.RecordObservableInstruments();
        lock (_lock) return new Dictionary<string, double>(_values, StringComparer.Ordinal);
    }

    /// <summary>
    /// The value of one series, or the sum of those that have these tags among others. A missing series is an error, since every series exists from the
    /// start.
    /// </summary>
    public double Read(string name, params (string Name, string Value)[] tags)
    {
        var key = name + string.Concat(tags.Select(t => $"|{t.Name}={t.Value}"));
        var series = Series();
        if (series.TryGetValue(key, out var value)) return value;
        var matching = series.Where(s => s.Key.Split('|') is var parts && parts[0] == name && tags.All(t => parts.Contains($"{t.Name}={t.Value}"))).ToList();
        return matching.Count > 0 ? matching.Sum(s => s.Value) : throw new KeyNotFoundException($"There is no series {key}.");
    }

    /// <summary>The sum over all series of a metric.</summary>
    public double Sum(string name) => Series().Where(s => s.Key.Split('|')[0] == name).Sum(s => s.Value);

    /// <summary>The values that a histogram recorded, in order.</summary>
    public IReadOnlyList<double> Recorded(string name)
    {
        lock (_lock) return _recorded.TryGetValue(name, out var values) ? [.. values] : [];
    }

    public void Dispose() => _listener.Dispose();

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = instrument.Name;
        foreach (var tag in tags) key += $"|{tag.Key}={tag.Value}";
        lock (_lock)
        {
            if (instrument.IsObservable)
            {
                _values[key] = value;
                return;
            }

            if (!_recorded.TryGetValue(key, out var values)) _recorded[key] = values = [];
            values.Add(value);
        }
    }
}
