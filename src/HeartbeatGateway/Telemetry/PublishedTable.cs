using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Telemetry;

/// <summary>Hands on what came into a <see cref="HistogramTable"/> since the last time, many measurements at once.</summary>
internal sealed class PublishedTable(HistogramTable table, PublishedHistogram histogram)
{
    private readonly Lock _lock = new();
    private readonly (long Count, TimeSpan Sum)[] _published = new (long, TimeSpan)[table.Buckets];

    /// <summary>To be called before each collection.</summary>
    public void Publish()
    {
        lock (_lock)
        {
            for (var bucket = 0; bucket < _published.Length; bucket++)
            {
                var (count, sum) = table.Read(bucket);
                var added = count - _published[bucket].Count;
                if (added == 0) continue;
                // Their mean lies in their bucket, so that bucket and sum come out right. A sum that is a measurement ahead or behind is kept in its bounds.
                var mean = table.Clamp(bucket, (sum - _published[bucket].Sum) / added);
                histogram.Observe(mean.TotalSeconds, added);
                _published[bucket] = (count, _published[bucket].Sum + (mean * added));
            }
        }
    }
}
