namespace HeartbeatGateway.Cli.Load;

/// <summary>Counts events per second. Thread-safe. Covers at most one day; later events count in the last second.</summary>
internal sealed class PerSecond
{
    private const int MaxSeconds = 24 * 60 * 60;

    private readonly Lock _lock = new();
    private readonly List<int> _counts = [];

    public void Add(TimeSpan since)
    {
        var second = (int)Math.Clamp(since.TotalSeconds, 0, MaxSeconds - 1);
        lock (_lock)
        {
            while (_counts.Count <= second) _counts.Add(0);
            _counts[second]++;
        }
    }

    public IReadOnlyList<int> Read()
    {
        lock (_lock) return [.. _counts];
    }
}
