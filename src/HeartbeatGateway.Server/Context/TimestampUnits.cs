namespace HeartbeatGateway.Server.Context;

/// <summary>Converts durations into a provider's timestamp units.</summary>
internal static class TimestampUnits
{
    /// <summary>Rounds up, so that no deadline is early.</summary>
    public static long ToTimestampUnits(this TimeProvider timeProvider, TimeSpan duration) =>
        (long)Math.Ceiling(duration.TotalSeconds * timeProvider.TimestampFrequency);
}
