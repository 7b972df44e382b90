using System.Diagnostics.Metrics;

namespace HeartbeatGateway.Redis;

/// <summary>The three batched operations.</summary>
internal enum DirectoryOperation
{
    Enter,
    Leave,
    Restore,
}

/// <summary>What Restore decided.</summary>
internal enum RestoreResult
{
    /// <summary>The connection has the entry.</summary>
    Kept,

    /// <summary>Another connection of the client has it.</summary>
    Displaced,

    /// <summary>Another hello has claimed the token.</summary>
    Claimed,
}

/// <summary>Counters and gauges of the directory, behind verbs (docs/metrics.md). Thread-safe.</summary>
internal sealed class DirectoryMetrics
{
    public const string MeterName = "HeartbeatGateway.Redis";
    private const string Prefix = "heartbeatgateway.cluster.";
    private static readonly string[] Operations = ["enter", "leave", "restore"];
    private static readonly string[] Results = ["kept", "displaced", "claimed"];

    private readonly long[] _ok = new long[Operations.Length];
    private readonly long[] _failed = new long[Operations.Length];
    private readonly long[] _restored = new long[Results.Length];
    private readonly Histogram<double> _duration;
    private readonly TimeProvider _timeProvider;
    private long _comparedAt;
    private long _degradedHellos, _lapses, _reaped, _replays, _nodes, _drift;

    /// <param name="meterFactory">Makes the meter.</param>
    /// <param name="isDegraded">The directory cannot be reached now.</param>
    /// <param name="waiting">Operations that wait for Redis.</param>
    /// <param name="timeProvider">The clock.</param>
    public DirectoryMetrics(IMeterFactory meterFactory, Func<bool> isDegraded, Func<int> waiting, TimeProvider timeProvider)
    {
        (_timeProvider, _comparedAt) = (timeProvider, timeProvider.GetTimestamp());
        var meter = meterFactory.Create(MeterName);
        meter.CreateObservableGauge(Prefix + "nodes", () => Interlocked.Read(ref _nodes), null, "Nodes with a lease, as of the last renewal.");
        meter.CreateObservableGauge(Prefix + "degraded", () => isDegraded() ? 1L : 0L, null, "1 while the directory cannot be reached.");
        meter.CreateObservableGauge(Prefix + "waiting", () => (long)waiting(), null, "Operations that wait for Redis.");
        meter.CreateObservableGauge(
            Prefix + "drift", () => Interlocked.Read(ref _drift), null,
            "Entries that the last comparison of the directory with the node's clients had to correct.");
        meter.CreateObservableGauge(
            Prefix + "compared_age", () => _timeProvider.GetElapsedTime(Interlocked.Read(ref _comparedAt)).TotalSeconds, "s",
            "Time since the last comparison with the directory of which no call failed.");
        meter.CreateObservableCounter(Prefix + "operations", ReadOperations, null, "Operations on the directory, by operation and result.");
        meter.CreateObservableCounter(Prefix + "restored", ReadRestored, null, "Connections that were entered again, by result.");
        meter.CreateObservableCounter(
            Prefix + "degraded_hellos", () => Interlocked.Read(ref _degradedHellos), null, "Hellos that were welcomed without the directory.");
        meter.CreateObservableCounter(Prefix + "lease_lapses", () => Interlocked.Read(ref _lapses), null, "How often the node's lease had lapsed.");
        meter.CreateObservableCounter(Prefix + "reaped", () => Interlocked.Read(ref _reaped), null, "Entries of lost nodes that this node removed.");
        meter.CreateObservableCounter(Prefix + "replays", () => Interlocked.Read(ref _replays), null, "Hellos whose token was claimed by another hello.");
        _duration = meter.CreateHistogram(
            Prefix + "operation_duration", "s", "Duration of a batch, by operation.", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1] });
    }

    /// <summary>A batch has ended.</summary>
    public void Batch(DirectoryOperation operation, int count, bool isOk, TimeSpan duration)
    {
        Interlocked.Add(ref (isOk ? _ok : _failed)[(int)operation], count);
        _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("operation", Operations[(int)operation]));
    }

    /// <summary>Operations were refused, since too many wait.</summary>
    public void Refused(DirectoryOperation operation) => Interlocked.Increment(ref _failed[(int)operation]);

    public void Restored(RestoreResult result) => Interlocked.Increment(ref _restored[(int)result]);

    public void DegradedHello() => Interlocked.Increment(ref _degradedHellos);

    public void LeaseLapsed() => Interlocked.Increment(ref _lapses);

    public void Reaped(int entries) => Interlocked.Add(ref _reaped, entries);

    public void Replayed() => Interlocked.Increment(ref _replays);

    public void Nodes(long count) => Interlocked.Exchange(ref _nodes, count);

    /// <summary>A comparison has ended of which no call failed.</summary>
    public void Compared() => Interlocked.Exchange(ref _comparedAt, _timeProvider.GetTimestamp());

    public void Drift(long entries) => Interlocked.Exchange(ref _drift, entries);

    private IEnumerable<Measurement<long>> ReadOperations()
    {
        for (var i = 0; i < Operations.Length; i++)
        {
            yield return new(Interlocked.Read(ref _ok[i]), new("operation", Operations[i]), new("result", "ok"));
            yield return new(Interlocked.Read(ref _failed[i]), new("operation", Operations[i]), new("result", "failed"));
        }
    }

    private IEnumerable<Measurement<long>> ReadRestored()
    {
        for (var i = 0; i < Results.Length; i++) yield return new(Interlocked.Read(ref _restored[i]), new KeyValuePair<string, object?>("result", Results[i]));
    }
}
