using System.Net;
using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Server.Disconnects;

/// <summary>A connection that ended, as it was at the moment of closing.</summary>
public sealed record DisconnectRecord
{
    /// <summary>1, 2, 3, …, in the order in which connections ended; without gaps within one process.</summary>
    public long Number { get; internal set; }

    /// <summary>When it was closed, by the gateway's clock.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Names the connection within this process.</summary>
    public required ConnectionId ConnectionId { get; init; }

    /// <summary>It had brought a valid frame.</summary>
    public required bool IsConnected { get; init; }

    /// <summary>The client id from its hello; null when it was anonymous.</summary>
    public required string? ClientId { get; init; }

    /// <summary>A newer connection of the same client has a higher one; null when it was anonymous.</summary>
    public required long? Generation { get; init; }

    /// <summary>The peer's address; behind a trusted proxy, that of the PROXY header.</summary>
    public required EndPoint? RemoteEndPoint { get; init; }

    /// <summary>The id of the key that its last verified frame was signed with; null without one.</summary>
    public required string? KeyId { get; init; }

    /// <summary>Why it ended.</summary>
    public required CloseReason Reason { get; init; }

    /// <summary>The value seen and the limit, in one sentence, escaped; null where the reason says all.</summary>
    public required string? Detail { get; init; }

    /// <summary>Time from its admission to the close.</summary>
    public required TimeSpan Lifetime { get; init; }

    /// <summary>Bytes read.</summary>
    public required long BytesRead { get; init; }

    /// <summary>Bytes that the transport took for the client.</summary>
    public required long BytesWritten { get; init; }

    /// <summary>Verified frames read.</summary>
    public required long FramesRead { get; init; }

    /// <summary>Frames accepted for the client.</summary>
    public required long FramesWritten { get; init; }

    /// <summary>What the gateway knew when a time limit was reached; null for other reasons.</summary>
    public required PostMortem? PostMortem { get; init; }

    /// <summary>Whose doing it was.</summary>
    public DisconnectOrigin Origin => DisconnectOrigins.Of(Reason, PostMortem?.Cause);
}
