namespace HeartbeatGateway.Redis;

/// <summary>Lets one log line of a kind pass each ten seconds. Thread-safe.</summary>
/// <param name="timeProvider">The clock.</param>
internal sealed class LogPause(TimeProvider timeProvider)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long? _last;

    public bool Allows()
    {
        lock (_lock)
        {
            if (_last is { } last && timeProvider.GetElapsedTime(last) < Interval) return false;
            _last = timeProvider.GetTimestamp();
            return true;
        }
    }
}
