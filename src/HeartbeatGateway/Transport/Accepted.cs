using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Epoll;

namespace HeartbeatGateway.Transport;

/// <summary>A connection that the system has accepted, before it is one of the server's: a socket, or a file descriptor alone.</summary>
internal readonly struct Accepted
{
    private readonly AcceptedSocket _descriptor;

    public Accepted(Socket socket) => Socket = socket;

    public Accepted(AcceptedSocket descriptor) => _descriptor = descriptor;

    /// <summary>The socket; null for a descriptor alone.</summary>
    public Socket? Socket { get; }

    /// <summary>The descriptor, if there is no socket.</summary>
    public AcceptedSocket Descriptor => _descriptor;

    public EndPoint? RemoteEndPoint => Socket is null ? _descriptor.RemoteEndPoint : Socket.RemoteEndPoint;

    /// <summary>Closes it.</summary>
    public void Close()
    {
        if (Socket is null) _descriptor.Close();
        else Socket.Dispose();
    }

    /// <summary>Closes it with a reset.</summary>
    public void Reset()
    {
        if (Socket is null) _descriptor.Reset();
        else Socket.Close(timeout: 0);
    }
}
