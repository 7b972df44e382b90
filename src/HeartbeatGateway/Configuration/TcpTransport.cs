namespace HeartbeatGateway.Configuration;

/// <summary>What receives from clients and sends to them.</summary>
internal enum TcpTransport
{
    /// <summary>Kestrel's own transport, on the runtime's sockets. On every system.</summary>
    Sockets,

    /// <summary>The gateway's transport on epoll: less memory for a client and less processor time for a ping. Linux.</summary>
    Epoll,
}
