using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Server.Frames;

/// <summary>The heartbeat interval and timeout negotiated with a client.</summary>
/// <param name="Heartbeat">The interval at which the client sends heartbeats.</param>
/// <param name="Timeout">The idle timeout after which the connection is closed; zero for none.</param>
/// <param name="OwnLimit">
/// The client's own idle limit, because it asked for an interval. It replaces the gateway's limit while that is on. Zero for none.
/// </param>
internal readonly record struct NegotiatedHeartbeat(TimeSpan Heartbeat, TimeSpan Timeout, TimeSpan OwnLimit)
{
    // The proportion of the Netty heartbeat tutorial: a ping every 5 s, a limit of 7 s.
    private const double DefaultShare = 5.0 / 7;

    // A heartbeat may arrive half an interval late before the connection is closed.
    private const double TimeoutShare = 1.5;

    /// <param name="asked">The interval that the hello asks for; null when it asks for none.</param>
    /// <param name="options">The idle limits and the bounds of the interval.</param>
    public static NegotiatedHeartbeat Negotiate(TimeSpan? asked, HeartbeatOptions options)
    {
        var limit = options.ReaderIdle;
        if (asked is null)
        {
            // The bounds of requested intervals do not apply here: the interval must fit the gateway's idle limit.
            var share = limit > TimeSpan.Zero ? Round(limit * DefaultShare) : options.MaxInterval;
            return new NegotiatedHeartbeat(share, limit, OwnLimit: TimeSpan.Zero);
        }

        var heartbeat = Clamp(asked.Value, options);
        var own = heartbeat * TimeoutShare;
        if (own < options.MinTimeout) own = options.MinTimeout;
        // An operator who switches the limit off does not want a client's limit either. The client's limit applies if the gateway's is switched on
        // again.
        return new NegotiatedHeartbeat(heartbeat, limit == TimeSpan.Zero ? TimeSpan.Zero : own, own);
    }

    private static TimeSpan Clamp(TimeSpan heartbeat, HeartbeatOptions options) =>
        heartbeat < options.MinInterval ? options.MinInterval : heartbeat > options.MaxInterval ? options.MaxInterval : heartbeat;

    private static TimeSpan Round(TimeSpan value) => TimeSpan.FromMilliseconds(Math.Round(value.TotalMilliseconds));
}
