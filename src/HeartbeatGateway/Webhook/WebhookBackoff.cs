namespace HeartbeatGateway.Webhook;

/// <summary>How long a lane waits after a failed request: doubled each time, capped, then jittered, so that lanes and gateways do not fall into step.</summary>
internal static class WebhookBackoff
{
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan Most = TimeSpan.FromSeconds(30);

    /// <summary>The longest <c>Retry-After</c> that is followed.</summary>
    public static readonly TimeSpan MostRetryAfter = TimeSpan.FromMinutes(5);

    /// <summary>The cap while the gateway stops.</summary>
    public static readonly TimeSpan MostWhileStopping = TimeSpan.FromSeconds(1);

    private const int MaxDoublings = 16;

    /// <param name="failures">Failed requests in a row, from 1.</param>
    /// <param name="retryAfter">What the receiver asked for; null for nothing.</param>
    /// <param name="random">From 0 to 1.</param>
    /// <param name="isStopping">The gateway stops.</param>
    public static TimeSpan After(int failures, TimeSpan? retryAfter, double random, bool isStopping)
    {
        var capped = First * Math.Pow(2, Math.Clamp(failures - 1, 0, MaxDoublings));
        if (capped > Most) capped = Most;
        var jittered = capped * (0.5 + (random / 2));
        if (isStopping) return jittered > MostWhileStopping ? MostWhileStopping : jittered;
        if (retryAfter is not { } asked) return jittered;
        if (asked > MostRetryAfter) asked = MostRetryAfter;
        // Not before the time that the receiver asked for, and not all lanes at that moment.
        return asked > jittered ? asked + (First * random) : jittered;
    }
}
