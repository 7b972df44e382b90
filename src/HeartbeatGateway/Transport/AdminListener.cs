using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Transport;

/// <summary>Accepts operators. However many knock, the descriptors that clients and the process itself live on stay theirs.</summary>
internal sealed class AdminListener(
    Socket socket, Func<Socket, ConnectionContext> connect, int most, EmergencyDescriptors reserve, TimeProvider timeProvider, ILogger logger)
    : ResilientSocketListener(socket, connect, reserve, timeProvider, logger)
{
    private int _open;

    protected override bool LetIn(Socket accepted)
    {
        if (Interlocked.Increment(ref _open) <= most) return true;
        Interlocked.Decrement(ref _open);
        LogFailure($"{most} HTTP connections are open, which is as many as the descriptor limit has room for");
        accepted.Close(timeout: 0);
        return false;
    }

    protected override ConnectionContext Connect(Socket accepted)
    {
        var connection = base.Connect(accepted);
        connection.ConnectionClosed.UnsafeRegister(static state => Interlocked.Decrement(ref ((AdminListener)state!)._open), this);
        return connection;
    }

    protected override void Lose(Socket accepted)
    {
        base.Lose(accepted);
        Interlocked.Decrement(ref _open);
    }
}
