using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Client;

/// <summary>Why a connection or a connection attempt ended.</summary>
public sealed record DisconnectInfo
{
    /// <summary>How it ended.</summary>
    public required DisconnectKind Kind { get; init; }

    /// <summary>
    /// The reason that the gateway gave. <see cref="CloseReason.None"/> when it gave none, or one that is unknown to this version.
    /// </summary>
    public CloseReason Reason { get; init; }

    /// <summary>The reason as received on the wire; null when the gateway gave none.</summary>
    public string? ReasonName { get; init; }

    /// <summary>False when the client does not reconnect, because the gateway forbids it or the client was disposed.</summary>
    public bool Retry { get; init; } = true;

    /// <summary>
    /// A human-readable description, with details such as the length of the silence and the number of frames still to send.
    /// Contains no secret and no token.
    /// </summary>
    public required string Message { get; init; }

    /// <summary>How long no byte was received; null unless that is why the connection ended.</summary>
    public TimeSpan? Silence { get; init; }

    /// <summary>
    /// The number of messages that may be lost: written to the network on this connection after the last ping that the gateway answered. The
    /// gateway processes frames in order, so an answered ping proves that all messages before it have arrived. Messages that were not yet
    /// written are sent on the next connection and do not count; nor do messages with a number, which are sent again until they are acknowledged.
    /// </summary>
    public long UnconfirmedMessages { get; init; }

    /// <summary>
    /// The number of messages that were sent with a number and are not acknowledged. They are sent again on the next connection; after the client has stopped
    /// they are given up. 0 without <see cref="GatewayClientOptions.Acknowledgements"/>.
    /// </summary>
    public long UnacknowledgedMessages { get; init; }

    /// <summary>The exception that caused the end; null when there was none.</summary>
    public Exception? Exception { get; init; }

    /// <summary>The same end, with the number of messages that are not acknowledged in its message.</summary>
    internal DisconnectInfo WithUnacknowledged(long unacknowledged) => unacknowledged == 0
        ? this
        : this with { UnacknowledgedMessages = unacknowledged, Message = $"{Message} Messages that were sent and are not acknowledged: {unacknowledged}." };
}
