using System.Net;

namespace HeartbeatGateway.Server.Messages;

/// <summary>An application frame from a client, as a sink receives it. Owns its bytes.</summary>
public sealed class GatewayMessage
{
    /// <summary>The client that sent it; null for a client that has not sent a hello.</summary>
    public required string? ClientId { get; init; }

    /// <summary>The connection that it came on.</summary>
    public required ConnectionId ConnectionId { get; init; }

    /// <summary>The peer's address.</summary>
    public required EndPoint? RemoteEndPoint { get; init; }

    /// <summary>The frame's type: text of a peer, to be escaped before it is shown.</summary>
    public required string Type { get; init; }

    /// <summary>The content: bytes of a peer.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }
}
