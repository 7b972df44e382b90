using HdrHistogram;

namespace HeartbeatGateway.Cli.Load;

/// <summary>Counts durations in buckets of three significant digits; its size does not grow. Thread-safe.</summary>
internal sealed class Percentiles
{
    private const long MaxMicroseconds = 3_600_000_000;
    private const int Digits = 3;

    private readonly LongConcurrentHistogram _histogram = new(1, MaxMicroseconds, Digits);

    public long Count => _histogram.TotalCount;

    public void Record(TimeSpan duration) => _histogram.RecordValue(Math.Clamp((long)duration.TotalMicroseconds, 1, MaxMicroseconds));

    /// <summary>Null when nothing was recorded.</summary>
    public Latencies? Read() => Count == 0 ? null : new Latencies(Count, At(50), At(99), At(99.9), Milliseconds(_histogram.GetMaxValue()));

    private double At(double percentile) => Milliseconds(_histogram.GetValueAtPercentile(percentile));

    private static double Milliseconds(long microseconds) => microseconds / 1000.0;
}
