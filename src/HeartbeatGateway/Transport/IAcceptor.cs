using System.Net.Sockets;
using HeartbeatGateway.Epoll;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Transport;

/// <summary>How a listener accepts, and what accepted connections become. In this alone transports differ for a listener.</summary>
internal interface IAcceptor
{
    /// <summary>Waits for the next connection and accepts it.</summary>
    /// <exception cref="SocketException">Accepting has failed, or the listening socket was closed.</exception>
    Accepted Accept(Socket listening);

    /// <summary>Makes a connection of the server.</summary>
    ConnectionContext Connect(in Accepted accepted);
}

/// <summary>Accepts sockets of the runtime.</summary>
internal sealed class SocketAcceptor(Func<Socket, ConnectionContext> connect) : IAcceptor
{
    public Accepted Accept(Socket listening) => new(listening.Accept());

    public ConnectionContext Connect(in Accepted accepted) => connect(accepted.Socket!);
}

/// <summary>Accepts descriptors for the transport on epoll.</summary>
/// <param name="transport">Makes the connections.</param>
/// <param name="sendBufferBytes">SO_SNDBUF; 0 for the system's default.</param>
internal sealed class EpollAcceptor(EpollTransport transport, int sendBufferBytes) : IAcceptor
{
    public Accepted Accept(Socket listening) => new(AcceptedSocket.Accept(listening));

    public ConnectionContext Connect(in Accepted accepted)
    {
        if (sendBufferBytes > 0) accepted.Descriptor.SetSendBuffer(sendBufferBytes);
        return transport.Connect(accepted.Descriptor);
    }
}
