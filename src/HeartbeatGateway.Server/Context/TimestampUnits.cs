namespace HeartbeatGateway.Server.Context;

/// <summary>Durations in a provider's timestamp units.</summary>
internal static class TimestampUnits
{
    /// <summary>Rounded up, so that nothing is due before its time.</summary>
    public static long ToTimestampUnits(this TimeProvider timeProvider, TimeSpan duration) =>
        (long)Math.Ceiling(duration.TotalSeconds * timeProvider.TimestampFrequency);
}
