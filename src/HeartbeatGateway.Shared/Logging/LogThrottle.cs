namespace HeartbeatGateway.Shared.Logging;

/// <summary>
/// Limits the log lines that peers can cause: a burst, and a rate after it. Suppressed lines are counted. Thread-safe.
/// </summary>
internal sealed class LogThrottle(TimeProvider timeProvider, int burst = 200, int perSecond = 50)
{
    private readonly Lock _lock = new();
    private readonly long _interval = timeProvider.TimestampFrequency / perSecond;
    private long _earliest = timeProvider.GetTimestamp();
    private long _suppressed;

    /// <summary>Asks for one line; a refused line is counted as suppressed.</summary>
    public bool Allows()
    {
        lock (_lock)
        {
            // The virtual-scheduling form of a token bucket: "earliest" is when the bucket will be full again.
            var now = timeProvider.GetTimestamp();
            var earliest = Math.Max(_earliest, now);
            if (earliest - now > (burst - 1) * _interval)
            {
                _suppressed++;
                return false;
            }

            _earliest = earliest + _interval;
            return true;
        }
    }

    /// <summary>The number of lines suppressed since the last call.</summary>
    public long TakeSuppressed()
    {
        lock (_lock) return (_suppressed, _suppressed = 0).Item1;
    }
}
