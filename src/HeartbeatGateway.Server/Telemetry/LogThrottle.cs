namespace HeartbeatGateway.Server.Telemetry;

/// <summary>
/// Bounds the lines that peers can cause: so many at once, so many a second after that. What was left out is counted, to be told
/// by whoever asks. Thread-safe.
/// </summary>
internal sealed class LogThrottle(TimeProvider timeProvider, int burst = 200, int perSecond = 50)
{
    private readonly Lock _lock = new();
    private readonly long _interval = timeProvider.TimestampFrequency / perSecond;
    private long _earliest = timeProvider.GetTimestamp();
    private long _suppressed;

    /// <summary>Asks for one line; a line that may not be written is counted as left out.</summary>
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

    /// <summary>How many lines were left out since the last call.</summary>
    public long TakeSuppressed()
    {
        lock (_lock) return (_suppressed, _suppressed = 0).Item1;
    }
}
