namespace HeartbeatGateway.Client.Reconnecting;

/// <summary>
/// Full jitter under a cap that doubles: delay n is uniform from 0 to min(max, base × 2ⁿ). The cap comes first: a jitter that is capped
/// afterwards sends most of a fleet back at the same moment.
/// </summary>
internal static class Backoff
{
    /// <summary>The delay before a retry.</summary>
    /// <param name="first">The ceiling of the first retry.</param>
    /// <param name="max">The cap.</param>
    /// <param name="retry">0 for the first retry in a row.</param>
    /// <param name="random">From 0 (inclusive) to 1 (exclusive).</param>
    public static TimeSpan Delay(TimeSpan first, TimeSpan max, int retry, double random) => Ceiling(first, max, retry) * random;

    /// <summary>The largest delay before a retry.</summary>
    public static TimeSpan Ceiling(TimeSpan first, TimeSpan max, int retry)
    {
        // 2^62 ticks are 14,000 years: beyond that, shifting would overflow and the cap holds in any case.
        const int MaxShift = 62;
        return retry >= MaxShift || first.Ticks > max.Ticks >> retry ? max : TimeSpan.FromTicks(first.Ticks << retry);
    }
}
