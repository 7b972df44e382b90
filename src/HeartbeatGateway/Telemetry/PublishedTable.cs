using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Telemetry;

/// <summary>Publishes what was added to a <see cref="HistogramTable"/> since the last collection, many measurements at once.</summary>
internal sealed class PublishedTable(HistogramTable table, PublishedHistogram histogram)
{
    private readonly Lock _lock = new();
    private readonly (long Count, TimeSpan Sum)[] _published = new (long, TimeSpan)[table.Buckets];

    /// <summary>Publishes the additions. Call it before each collection.</summary>
    public void Publish()
    {
        lock (_lock)
        {
            for (var bucket = 0; bucket < _published.Length; bucket++)
            {
                var (count, sum) = table.Read(bucket);
                var added = count - _published[bucket].Count;
                if (added == 0) continue;
                // The mean of the added measurements lies in their bucket, so the bucket's count and the sum are right. Count and sum may be one
                // measurement apart, so the mean is clamped to the bucket.
                var mean = table.Clamp(bucket, (sum - _published[bucket].Sum) / added);
                histogram.Observe(mean.TotalSeconds, added);
                _published[bucket] = (count, _published[bucket].Sum + (mean * added));
            }
        }
    }
}
