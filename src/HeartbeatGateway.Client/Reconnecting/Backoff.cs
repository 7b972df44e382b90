namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>
/// Exponential backoff with full jitter: delay n is uniform from 0 to min(max, base × 2ⁿ). The cap applies before the jitter. If it
/// applied after the jitter, most of a fleet would reconnect at the same moment.
/// </summary>
internal static class Backoff
{
    /// <summary>The delay before a retry.</summary>
    /// <param name="first">The maximum delay of the first retry.</param>
    /// <param name="max">The maximum delay of every retry.</param>
    /// <param name="retry">0 for the first retry in a row.</param>
    /// <param name="random">A random number from 0 (inclusive) to 1 (exclusive).</param>
    public static TimeSpan Delay(TimeSpan first, TimeSpan max, int retry, double random) => Ceiling(first, max, retry) * random;

    /// <summary>The maximum delay before a retry.</summary>
    public static TimeSpan Ceiling(TimeSpan first, TimeSpan max, int retry)
    {
        // 2^62 ticks are 14,000 years. Above that the shift would overflow, and the cap applies in any case.
        const int MaxShift = 62;
        return retry >= MaxShift || first.Ticks > max.Ticks >> retry ? max : TimeSpan.FromTicks(first.Ticks << retry);
    }
}
