using System.Numerics;

namespace HeartbeatGateway.Cli.Load;

/// <summary>
/// A histogram of durations in microseconds, up to one hour, of fixed size. The width of a bucket is at most a thousandth of its value.
/// A percentile p is the smallest duration that p percent of the values do not exceed, and is never rounded down. Thread-safe.
/// </summary>
internal sealed class Percentiles
{
    private const long MaxMicroseconds = 3_600_000_000;
    private const int SubBucketBits = 10;
    private const int SubBuckets = 1 << SubBucketBits;

    // Below twice the number of sub-buckets, every value has its own bucket; above that, each doubling has its own set of sub-buckets.
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

    /// <summary>The percentiles so far; null when nothing was recorded.</summary>
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

    /// <summary>The largest value in a bucket.</summary>
    private static long LastOf(int bucket)
    {
        if (bucket < Exact) return bucket;
        var shift = ((bucket - Exact) / SubBuckets) + 1;
        var sub = ((bucket - Exact) % SubBuckets) + SubBuckets;
        return ((long)(sub + 1) << shift) - 1;
    }

    private static double Milliseconds(long microseconds) => microseconds / 1000.0;
}
