using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Frames;

/// <summary>What is agreed with a client about heartbeats.</summary>
/// <param name="Heartbeat">How often it is to send one.</param>
/// <param name="Timeout">After how long a silence it is closed; zero for never.</param>
/// <param name="OwnLimit">The limit that goes before the gateway's, while that is on, because the client asked for an interval; zero for none.</param>
internal readonly record struct NegotiatedHeartbeat(TimeSpan Heartbeat, TimeSpan Timeout, TimeSpan OwnLimit)
{
    // The article's proportion: a ping every 5 s, a limit of 7 s.
    private const double DefaultShare = 5.0 / 7;

    // A heartbeat may come half an interval late before its client is given up.
    private const double TimeoutShare = 1.5;

    /// <param name="asked">What the hello asked for; null when it left that to the gateway.</param>
    /// <param name="options">The limits.</param>
    public static NegotiatedHeartbeat Negotiate(TimeSpan? asked, HeartbeatOptions options)
    {
        var limit = options.ReaderIdle;
        if (asked is null)
        {
            // Whatever the bounds for those who ask: it must fit the limit that holds.
            var share = limit > TimeSpan.Zero ? Round(limit * DefaultShare) : options.MaxInterval;
            return new NegotiatedHeartbeat(share, limit, OwnLimit: TimeSpan.Zero);
        }

        var heartbeat = Clamp(asked.Value, options);
        var own = heartbeat * TimeoutShare;
        if (own < options.MinTimeout) own = options.MinTimeout;
        // The operator who switched the limit off does not want it from clients either; it holds if he switches it on again.
        return new NegotiatedHeartbeat(heartbeat, limit == TimeSpan.Zero ? TimeSpan.Zero : own, own);
    }

    private static TimeSpan Clamp(TimeSpan heartbeat, HeartbeatOptions options) =>
        heartbeat < options.MinInterval ? options.MinInterval : heartbeat > options.MaxInterval ? options.MaxInterval : heartbeat;

    private static TimeSpan Round(TimeSpan value) => TimeSpan.FromMilliseconds(Math.Round(value.TotalMilliseconds));
}
