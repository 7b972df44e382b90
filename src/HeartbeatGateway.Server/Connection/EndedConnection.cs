using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Disconnects;

namespace HeartbeatGateway.Server.Connection;

/// <summary>Describes a connection at the moment of its close, for the history of disconnects.</summary>
internal static class EndedConnection
{
    public static DisconnectRecord Describe(GatewayConnection connection, in CloseRequest request, EngineContext context) => new()
    {
        Time = context.TimeProvider.GetUtcNow(),
        ConnectionId = connection.Id,
        IsConnected = connection.IsConnected,
        ClientId = connection.ClientId ?? request.VerifiedClientId,
        Generation = connection.Session?.Generation,
        RemoteEndPoint = connection.RemoteEndPoint,
        KeyId = connection.Signer?.Key.Id,
        Reason = request.Reason,
        Detail = request.Detail,
        Lifetime = context.Elapsed(connection.OpenedAt, connection.EndedAt),
        BytesRead = connection.BytesRead,
        BytesWritten = connection.BytesWritten,
        FramesRead = connection.FramesRead,
        FramesWritten = connection.FramesWritten,
        PostMortem = request.PostMortem,
    };
}
