using System.Numerics;

namespace HeartbeatGateway.Cli.Load;

/// <summary>
/// Counts durations, in microseconds up to an hour, in buckets that are a thousandth of their value wide; its size does not grow.
/// A percentile is the smallest duration that so many in a hundred do not exceed, never rounded to the better side. Thread-safe.
/// </summary>
internal sealed class Percentiles
{
    private const long MaxMicroseconds = 3_600_000_000;
    private const int SubBucketBits = 10;
    private const int SubBuckets = 1 << SubBucketBits;

    // Below twice the sub-buckets every value has a bucket of its own; each doubling from there on takes another set.
    private const int Exact = 2 * SubBuckets;

    private readonly long[] _counts = new long[BucketOf(MaxMicroseconds) + 1];
    private long _max;

    public void Record(TimeSpan duration)
    {
        var value = Math.Clamp((long)duration.TotalMicroseconds, 0, MaxMicroseconds);
        Interlocked.Increment(ref _counts[BucketOf(value)]);
        for (var seen = Volatile.Read(ref _max); value > seen;)
        {
            var before = Interlocked.CompareExchange(ref _max, value, seen);
            if (before == seen) break;
            seen = before;
        }
    }

    /// <summary>Null when nothing was recorded.</summary>
    public Latencies? Read()
    {
        var counts = new long[_counts.Length];
        for (var i = 0; i < counts.Length; i++) counts[i] = Volatile.Read(ref _counts[i]);
        var total = counts.Sum();
        if (total == 0) return null;
        var max = Volatile.Read(ref _max);
        return new Latencies(total, At(500), At(990), At(999), Milliseconds(max));

        double At(long perMille)
        {
            var rank = ((total * perMille) + 999) / 1000;
            var bucket = -1;
            for (long seen = 0; seen < rank;) seen += counts[++bucket];
            return Milliseconds(Math.Min(LastOf(bucket), max));
        }
    }

    private static int BucketOf(long value)
    {
        if (value < Exact) return (int)value;
        var shift = BitOperations.Log2((ulong)value) - SubBucketBits;
        return Exact + ((shift - 1) * SubBuckets) + (int)((value >> shift) - SubBuckets);
    }

    /// <summary>The largest value that a bucket counts.</summary>
    private static long LastOf(int bucket)
    {
        if (bucket < Exact) return bucket;
        var shift = ((bucket - Exact) / SubBuckets) + 1;
        var sub = ((bucket - Exact) % SubBuckets) + SubBuckets;
        return ((long)(sub + 1) << shift) - 1;
    }

    private static double Milliseconds(long microseconds) => microseconds / 1000.0;
}
