using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Connection;

/// <summary>Logs the details of a close, before the line that the connection is closed: the value seen, the limit, and who the peer claims to be.</summary>
internal static class CloseLog
{
    public static void Write(EngineContext context, GatewayConnection connection, in CloseRequest request)
    {
        var remote = connection.RemoteEndPoint;
        if (request is { Reason: CloseReason.InternalError, Fault: { } fault })
        {
            if (context.MayLog(LogLevel.Error, LineKind.Failure, connection.Address)) context.Logger.ConnectionFailed(fault, connection.Id, remote);
            return;
        }

        if (request.Detail is not { } detail || !IsLogged(request.Reason)) return;
        var level = request.Reason is CloseReason.TlsFailed or CloseReason.BadHello ? LogLevel.Warning : context.Settings.CloseLevels.Of(request.Reason);
        if (!context.MayLog(level, LineKind.Refusal, connection.Address)) return;
        var (client, keyId, reason) = (ClientRegistry.NameOf(connection), request.KeyId ?? connection.Signer?.Key.Id, request.Reason.ToWireName());
        var (address, port) = (RemoteAddress.Of(remote), RemoteAddress.PortOf(remote));
        switch (request.Reason)
        {
            case CloseReason.TlsFailed:
                context.Logger.TlsFailed(connection.Id, remote, detail);
                break;
            case CloseReason.BadHello:
                context.Logger.HelloRefused(connection.Id, client, remote, detail, request.ClaimedClientId, keyId, address, port);
                break;
            default:
                context.Logger.CloseExplained(level, connection.Id, client, remote, reason, detail, request.ClaimedClientId, keyId, address, port);
                break;
        }
    }

    /// <summary>True for refusals. Refused tokens have a line of their own, and of idle connections the line that they are closed says all.</summary>
    private static bool IsLogged(CloseReason reason) => reason is CloseReason.TlsFailed or CloseReason.BadHello or CloseReason.BadMagic or CloseReason.BadLength
        or CloseReason.BadDate or CloseReason.FrameTimeout or CloseReason.Truncated or CloseReason.ProxyInvalid or CloseReason.PingFlood or CloseReason.LimitMemory
        or CloseReason.TokenInvalid or CloseReason.WebSocketInvalid or CloseReason.Unauthorized;
}
