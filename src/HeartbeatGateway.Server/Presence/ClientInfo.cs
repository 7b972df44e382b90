using System.Net;
using HeartbeatGateway.Server.Identity;

namespace HeartbeatGateway.Server.Presence;

/// <summary>A client that gave its name.</summary>
/// <param name="ClientId">Its name.</param>
/// <param name="ConnectionId">Its connection.</param>
/// <param name="SessionId">Its session, which outlives the connection when it is resumed.</param>
/// <param name="Generation">Which connection of this client it is: a newer one has a higher generation.</param>
/// <param name="RemoteEndPoint">Its address.</param>
public sealed record ClientInfo(string ClientId, ConnectionId ConnectionId, string SessionId, long Generation, EndPoint? RemoteEndPoint)
{
    internal static ClientInfo Of(ClientSession session, GatewayConnection connection) =>
        new(session.ClientId, connection.Id, ClientSession.Text(session.Id), session.Generation, connection.RemoteEndPoint);
}
