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
    /// written are sent on the next connection and do not count.
    /// </summary>
    public long UnconfirmedMessages { get; init; }

    /// <summary>The exception that caused the end; null when there was none.</summary>
    public Exception? Exception { get; init; }
}
