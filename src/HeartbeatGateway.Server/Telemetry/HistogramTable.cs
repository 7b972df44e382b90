using System.Diagnostics.Metrics;

namespace HeartbeatGateway.Server.Telemetry;

/// <summary>
/// A histogram that many threads measure into at once, for what happens with every heartbeat: a measurement is two additions in a
/// <see cref="CounterTable"/>. Its instrument hears of each one only while somebody listens to it; who can take many at a time reads here.
/// </summary>
internal sealed class HistogramTable
{
    private readonly Histogram<double> _instrument;
    private readonly TimeSpan[] _bounds;
    private readonly CounterTable _table;

    /// <param name="instrument">Its name, unit and bounds, which must have been given.</param>
    public HistogramTable(Histogram<double> instrument)
    {
        _instrument = instrument;
        _bounds = [.. instrument.Advice!.HistogramBucketBoundaries!.Select(TimeSpan.FromSeconds)];
        // For each bucket, the one above the last bound included: how many, and their sum in ticks.
        _table = new CounterTable(2 * Buckets);
    }

    public Instrument Instrument => _instrument;

    /// <summary>How many buckets there are; the last is above all bounds.</summary>
    public int Buckets => _bounds.Length + 1;

    public void Record(TimeSpan value, int times = 1)
    {
        var bucket = 0;
        while (bucket < _bounds.Length && value > _bounds[bucket]) bucket++;
        _table.Add(bucket, times);
        if (value > TimeSpan.Zero) _table.Add(Buckets + bucket, value.Ticks * times);
        if (!_instrument.Enabled) return;
        for (var i = 0; i < times; i++) _instrument.Record(value.TotalSeconds);
    }

    /// <summary>The value of that bucket that is nearest to one.</summary>
    public TimeSpan Clamp(int bucket, TimeSpan value)
    {
        var least = bucket == 0 ? TimeSpan.Zero : _bounds[bucket - 1] + TimeSpan.FromTicks(1);
        var most = bucket == _bounds.Length ? TimeSpan.MaxValue : _bounds[bucket];
        return value < least ? least : value > most ? most : value;
    }

    /// <summary>What one bucket has been given so far. The two may be a measurement apart.</summary>
    public (long Count, TimeSpan Sum) Read(int bucket) => (_table.Read(bucket), TimeSpan.FromTicks(_table.Read(Buckets + bucket)));
}
