using HeartbeatGateway.Server.Options;

namespace HeartbeatGateway.Configuration;

/// <summary>The TCP endpoint that clients connect to.</summary>
internal sealed class TcpOptions
{
    /// <summary>
    /// Address and port: <c>0.0.0.0:8081</c> (default), <c>[::]:8081</c> for IPv6 and IPv4, <c>localhost:8081</c>. Port 0 selects a free port.
    /// </summary>
    [Displayable]
    public string Endpoint { get; set; } = "0.0.0.0:8081";

    /// <summary>
    /// Connections that may wait in the system's queue to be accepted. Default 4,096, for a fleet that reconnects at once. The system caps it
    /// (net.core.somaxconn).
    /// </summary>
    [Displayable]
    public int Backlog { get; set; } = 4096;

    /// <summary>
    /// SO_SNDBUF of each connection, in bytes. Default 64 KiB: without a limit the kernel buffers megabytes for a client that never reads. 0
    /// keeps the system's default.
    /// </summary>
    [Displayable]
    public int SendBufferBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// Reads, answers and sends on the thread that received the socket's event. Default true, which takes about a quarter less processor time per
    /// heartbeat. Set it to false when an embedded message sink may block.
    /// </summary>
    [Displayable]
    public bool InlineScheduling { get; set; } = true;

    /// <summary>What receives and sends. Default <see cref="TcpTransport.Sockets"/>. Also for the endpoint for WebSockets.</summary>
    [Displayable]
    public TcpTransport Transport { get; set; } = TcpTransport.Sockets;
}
