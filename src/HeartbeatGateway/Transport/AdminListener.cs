using System.Net.Sockets;
using HeartbeatGateway.Shared.Logging;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Transport;

/// <summary>
/// Accepts HTTP connections, up to the limits of <see cref="HttpConnectionTable"/>, so that file descriptors remain for the clients and for the process
/// itself.
/// </summary>
internal sealed class AdminListener(
    Socket socket, Func<Socket, ConnectionContext> connect, HttpConnectionTable connections, EmergencyDescriptors reserve, TimeProvider timeProvider, ILogger logger)
    : ResilientSocketListener(socket, new SocketAcceptor(connect), reserve, timeProvider, logger, MaxWaiting)
{
    /// <summary>
    /// Accepted sockets that may wait to become connections, which cannot be closed for others meanwhile. Few, so that a burst waits in the system's
    /// queue and is not rejected.
    /// </summary>
    private const int MaxWaiting = 16;

    private readonly LogThrottle _replaced = new(timeProvider, burst: 1, perSecond: 1);
    private readonly ILogger _logger = logger;

    protected override bool ShouldAccept(in Accepted accepted)
    {
        if (connections.TryAdd(accepted.Socket!, accepted.RemoteEndPoint, accepted.Socket!.LocalEndPoint, out var shortage))
        {
            if (shortage is not null && _replaced.Allows()) _logger.HttpConnectionsReplaced(_replaced.TakeSuppressed() + 1, shortage);
            return true;
        }

        LogFailure($"{shortage}, and none of them can be closed for it");
        accepted.Reset();
        return false;
    }

    protected override ConnectionContext Connect(in Accepted accepted)
    {
        var connection = base.Connect(accepted);
        connections.Attach(accepted.Socket!, connection);
        return connection;
    }

    protected override void Discard(in Accepted accepted)
    {
        base.Discard(accepted);
        connections.Remove(accepted.Socket!);
    }
}
