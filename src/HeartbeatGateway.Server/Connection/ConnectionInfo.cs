using System.Net;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Connection;

/// <summary>An open connection at one moment.</summary>
public sealed record ConnectionInfo
{
    /// <summary>Names the connection within this process.</summary>
    public required ConnectionId Id { get; init; }

    /// <summary>The peer's address; behind a trusted proxy, that of the PROXY header.</summary>
    public required EndPoint? RemoteEndPoint { get; init; }

    /// <summary>A valid frame was read.</summary>
    public required bool IsConnected { get; init; }

    /// <summary>The identity from its hello; null while it is anonymous.</summary>
    public required ClientInfo? Client { get; init; }

    /// <summary>Time since it was admitted.</summary>
    public required TimeSpan Age { get; init; }

    /// <summary>Time since the last byte was read.</summary>
    public required TimeSpan SinceLastRead { get; init; }

    /// <summary>Time since the last ping; null before the first.</summary>
    public required TimeSpan? SinceLastPing { get; init; }

    /// <summary>Bytes read so far.</summary>
    public required long BytesRead { get; init; }

    /// <summary>Bytes accepted for the client that the network has not taken yet.</summary>
    public required int PendingBytes { get; init; }

    internal static ConnectionInfo Of(GatewayConnection connection, EngineContext context)
    {
        var now = context.Now;
        return new ConnectionInfo
        {
            Id = connection.Id,
            RemoteEndPoint = connection.RemoteEndPoint,
            IsConnected = connection.IsConnected,
            Client = connection.Session is { } session ? ClientInfo.Of(session, connection) : null,
            Age = context.Elapsed(connection.OpenedAt, now),
            SinceLastRead = context.Elapsed(connection.LastRead, now),
            SinceLastPing = connection.LastPing is not 0 and var ping ? context.Elapsed(ping, now) : null,
            BytesRead = connection.BytesRead,
            PendingBytes = connection.Outbound.PendingBytes,
        };
    }
}

/// <summary>Some of the open connections.</summary>
/// <param name="Connections">The connections.</param>
/// <param name="Next">Where the next page begins; null when this is the last.</param>
public sealed record ConnectionPage(IReadOnlyList<ConnectionInfo> Connections, ConnectionId? Next);
