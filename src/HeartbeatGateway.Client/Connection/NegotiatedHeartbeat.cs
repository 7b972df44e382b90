namespace HeartbeatGateway.Client.Connection;

/// <summary>The heartbeat that holds for a connection.</summary>
/// <param name="Heartbeat">Ping after so long without a write or a read.</param>
/// <param name="ServerTimeout">The gateway is dead after so long without a byte.</param>
internal readonly record struct NegotiatedHeartbeat(TimeSpan Heartbeat, TimeSpan ServerTimeout)
{
    /// <summary>A gateway that grants next to nothing would make a flood of pings.</summary>
    private static readonly TimeSpan Floor = TimeSpan.FromSeconds(1);

    /// <summary>Nobody is given up sooner because of a grant. Also the least time for a first answer when <see cref="GatewayClientOptions.ConnectTimeout"/> is shorter and ServerTimeout is not.</summary>
    private static readonly TimeSpan FirstAnswer = TimeSpan.FromSeconds(10);

    /// <summary>What holds until the gateway has answered. A long heartbeat needs a long ServerTimeout, but no gateway takes that long for its first answer.</summary>
    public static NegotiatedHeartbeat BeforeAnswer(GatewayClientOptions options)
    {
        var within = options.ConnectTimeout > FirstAnswer ? options.ConnectTimeout : FirstAnswer;
        return new NegotiatedHeartbeat(options.Heartbeat, options.ServerTimeout < within ? options.ServerTimeout : within);
    }

    /// <param name="options">What was asked for.</param>
    /// <param name="granted">What the gateway granted; null when it said nothing.</param>
    public static NegotiatedHeartbeat From(GatewayClientOptions options, TimeSpan? granted)
    {
        var (asked, dead) = (options.Heartbeat, options.ServerTimeout);
        if (granted is not { } heartbeat) return new NegotiatedHeartbeat(asked, dead);
        var least = asked < Floor ? asked : Floor;
        if (heartbeat < least) heartbeat = least;
        if (heartbeat > asked) return new NegotiatedHeartbeat(heartbeat, dead < 2 * heartbeat ? 2 * heartbeat : dead);
        // Who asked for an hour and pings each minute need not wait for two hours: as many heartbeats may be missed as were meant to be.
        var sameShare = dead * (heartbeat / asked);
        var shorter = sameShare > FirstAnswer ? sameShare : FirstAnswer;
        return new NegotiatedHeartbeat(heartbeat, dead < shorter ? dead : shorter);
    }
}
