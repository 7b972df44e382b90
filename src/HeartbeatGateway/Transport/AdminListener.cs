using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Transport;

/// <summary>Accepts HTTP connections, up to a limit, so that file descriptors remain for the clients and for the process itself.</summary>
internal sealed class AdminListener(
    Socket socket, Func<Socket, ConnectionContext> connect, int maxConnections, EmergencyDescriptors reserve, TimeProvider timeProvider, ILogger logger)
    : ResilientSocketListener(socket, connect, reserve, timeProvider, logger)
{
    private int _open;

    protected override bool ShouldAccept(Socket accepted)
    {
        if (Interlocked.Increment(ref _open) <= maxConnections) return true;
        Interlocked.Decrement(ref _open);
        LogFailure($"{maxConnections} HTTP connections are open, the most that the file descriptor limit allows");
        accepted.Close(timeout: 0);
        return false;
    }

    protected override ConnectionContext Connect(Socket accepted)
    {
        var connection = base.Connect(accepted);
        connection.ConnectionClosed.UnsafeRegister(static state => Interlocked.Decrement(ref ((AdminListener)state!)._open), this);
        return connection;
    }

    protected override void Discard(Socket accepted)
    {
        base.Discard(accepted);
        Interlocked.Decrement(ref _open);
    }
}
