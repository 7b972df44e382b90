using System.Diagnostics.Metrics;

namespace HeartbeatGateway.Server.Telemetry;

/// <summary>
/// A histogram that many threads record into at once, for measurements of every heartbeat: a measurement is two additions in a table with a row
/// for each processor. Its instrument gets each measurement only while a listener is enabled on it; an exporter that can read totals reads them here.
/// </summary>
public sealed class HistogramTable
{
    private readonly Histogram<double> _instrument;
    private readonly TimeSpan[] _bounds;
    private readonly CounterTable _table;

    /// <param name="instrument">The instrument, with its name, unit and bucket boundaries. The boundaries are required.</param>
    internal HistogramTable(Histogram<double> instrument)
    {
        _instrument = instrument;
        _bounds = [.. instrument.Advice!.HistogramBucketBoundaries!.Select(TimeSpan.FromSeconds)];
        // For each bucket, including the one above the last bound: the count, and the sum in ticks.
        _table = new CounterTable(2 * Buckets);
    }

    /// <summary>The instrument: its name, unit, description and bucket boundaries.</summary>
    public Instrument Instrument => _instrument;

    /// <summary>The number of buckets; the last is above all boundaries.</summary>
    public int Buckets => _bounds.Length + 1;

    internal void Record(TimeSpan value, int times = 1)
    {
        var bucket = 0;
        while (bucket < _bounds.Length && value > _bounds[bucket]) bucket++;
        _table.Add(bucket, times);
        if (value > TimeSpan.Zero) _table.Add(Buckets + bucket, value.Ticks * times);
        if (!_instrument.Enabled) return;
        for (var i = 0; i < times; i++) _instrument.Record(value.TotalSeconds);
    }

    /// <summary>The value within a bucket that is nearest to another value.</summary>
    /// <param name="bucket">From 0 to <see cref="Buckets"/> - 1.</param>
    /// <param name="value">The other value.</param>
    public TimeSpan Clamp(int bucket, TimeSpan value)
    {
        var least = bucket == 0 ? TimeSpan.Zero : _bounds[bucket - 1] + TimeSpan.FromTicks(1);
        var most = bucket == _bounds.Length ? TimeSpan.MaxValue : _bounds[bucket];
        return value < least ? least : value > most ? most : value;
    }

    /// <summary>The count and sum of one bucket since the start. The two may be a measurement apart.</summary>
    /// <param name="bucket">From 0 to <see cref="Buckets"/> - 1.</param>
    public (long Count, TimeSpan Sum) Read(int bucket) => (_table.Read(bucket), TimeSpan.FromTicks(_table.Read(Buckets + bucket)));
}
