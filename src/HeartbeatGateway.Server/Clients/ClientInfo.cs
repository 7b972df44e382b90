using System.Net;

namespace HeartbeatGateway.Server.Clients;

/// <summary>A connected client with an identity.</summary>
/// <param name="ClientId">Its client id.</param>
/// <param name="ConnectionId">Its connection.</param>
/// <param name="SessionId">Its session, which outlives the connection when it is resumed.</param>
/// <param name="Generation">Which connection of this client it is: a newer one has a higher generation.</param>
/// <param name="RemoteEndPoint">Its address.</param>
public sealed record ClientInfo(string ClientId, ConnectionId ConnectionId, string SessionId, long Generation, EndPoint? RemoteEndPoint)
{
    internal static ClientInfo Of(ClientSession session, IClientConnection connection) =>
        new(session.ClientId, connection.Id, ClientSession.Text(session.Id), session.Generation, connection.RemoteEndPoint);
}
