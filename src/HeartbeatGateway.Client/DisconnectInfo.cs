using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Client;

/// <summary>Why a connection, or the attempt to make one, ended.</summary>
public sealed record DisconnectInfo
{
    /// <summary>In which way it ended.</summary>
    public required DisconnectKind Kind { get; init; }

    /// <summary>The reason that the gateway told; <see cref="CloseReason.None"/> when it told none, or one that this version does not know.</summary>
    public CloseReason Reason { get; init; }

    /// <summary>The reason as it stood on the wire; null when the gateway told none.</summary>
    public string? ReasonName { get; init; }

    /// <summary>False when the client does not come back: the gateway said so, or the client was disposed.</summary>
    public bool Retry { get; init; } = true;

    /// <summary>What happened, in a sentence for people: after how long a silence, with how much still to send. Holds no secret and no token.</summary>
    public required string Message { get; init; }

    /// <summary>How long no byte had come; null unless that is why it ended.</summary>
    public TimeSpan? Silence { get; init; }

    /// <summary>The cause, when there was one.</summary>
    public Exception? Exception { get; init; }
}
