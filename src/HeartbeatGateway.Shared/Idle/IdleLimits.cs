namespace HeartbeatGateway.Shared.Idle;

/// <summary>
/// How long a connection may be idle, for each kind of idleness, in units of <see cref="TimeProvider.TimestampFrequency"/>; 0 or less switches a kind
/// off.
/// </summary>
/// <param name="Reader">Limit without a byte read.</param>
/// <param name="Writer">Limit without a byte written.</param>
/// <param name="All">Limit without a byte read or written.</param>
internal readonly record struct IdleLimits(long Reader, long Writer, long All)
{
    /// <summary>Converts durations into a provider's timestamp units.</summary>
    public static IdleLimits From(TimeSpan reader, TimeSpan writer, TimeSpan all, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        return new IdleLimits(Units(reader), Units(writer), Units(all));

        long Units(TimeSpan duration) => (long)Math.Ceiling(duration.TotalSeconds * timeProvider.TimestampFrequency);
    }
}
