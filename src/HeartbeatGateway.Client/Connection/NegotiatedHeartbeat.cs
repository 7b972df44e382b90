namespace HeartbeatGateway.Client.Connection;

/// <summary>The heartbeat interval and server timeout of a connection.</summary>
/// <param name="Heartbeat">A ping is due after this time without a write or a read.</param>
/// <param name="ServerTimeout">The gateway is dead after this time without a received byte.</param>
internal readonly record struct NegotiatedHeartbeat(TimeSpan Heartbeat, TimeSpan ServerTimeout)
{
    /// <summary>The lower bound of a granted heartbeat: a very short one would cause a flood of pings.</summary>
    private static readonly TimeSpan Floor = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A granted heartbeat does not shorten the server timeout below this. It is also the minimum time for the first answer when
    /// <see cref="GatewayClientOptions.ConnectTimeout"/> is shorter and ServerTimeout is not.
    /// </summary>
    private static readonly TimeSpan FirstAnswer = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The values until the gateway has answered. A long heartbeat needs a long ServerTimeout, but the first answer does not take that long.
    /// </summary>
    public static NegotiatedHeartbeat BeforeAnswer(GatewayClientOptions options)
    {
        var within = options.ConnectTimeout > FirstAnswer ? options.ConnectTimeout : FirstAnswer;
        return new NegotiatedHeartbeat(options.Heartbeat, options.ServerTimeout < within ? options.ServerTimeout : within);
    }

    /// <param name="options">The requested values.</param>
    /// <param name="granted">The heartbeat that the gateway granted; null when it granted none.</param>
    public static NegotiatedHeartbeat From(GatewayClientOptions options, TimeSpan? granted)
    {
        var (asked, dead) = (options.Heartbeat, options.ServerTimeout);
        if (granted is not { } heartbeat) return new NegotiatedHeartbeat(asked, dead);
        var least = asked < Floor ? asked : Floor;
        if (heartbeat < least) heartbeat = least;
        if (heartbeat > asked) return new NegotiatedHeartbeat(heartbeat, dead < 2 * heartbeat ? 2 * heartbeat : dead);
        // Keep the same number of missed heartbeats: a client that asked for one hour and was granted one minute
        // must not wait two hours.
        var sameShare = dead * (heartbeat / asked);
        var shorter = sameShare > FirstAnswer ? sameShare : FirstAnswer;
        return new NegotiatedHeartbeat(heartbeat, dead < shorter ? dead : shorter);
    }
}
