using System.Net;

namespace HeartbeatGateway.Server.Transports;

/// <summary>
/// What a transport can report about a connection, and the shutdown of its sending side. A transport on sockets need not supply it: the engine then asks the
/// socket of <see cref="Microsoft.AspNetCore.Connections.Features.IConnectionSocketFeature"/>. Called from the thread that checks timeouts; must not block.
/// </summary>
public interface ITransportInfoFeature
{
    /// <summary>True when bytes have arrived that the connection's pipe has not handed out yet.</summary>
    /// <param name="sinceLastRead">Time since the engine last read bytes.</param>
    bool HasUnreadInput(TimeSpan sinceLastRead);

    /// <summary>
    /// The round in which the thread that reads for the connection serves others at this moment; null when that thread has nothing to do, or is not known,
    /// which is the default. While it is the same, unread bytes wait for this process, and not for a program that does not read them.
    /// </summary>
    int? ReadRound => null;

    /// <summary>Bytes that the peer has acknowledged so far; null if the transport cannot report them. Progress of a blocked write is read from it.</summary>
    long? AcknowledgedBytes { get; }

    /// <summary>What was measured on the connection; null if the transport measures nothing, which is the default.</summary>
    TcpStatistics? Statistics => null;

    /// <summary>The other end of the socket: behind a trusted proxy, the proxy. Null if the transport has no socket, which is the default.</summary>
    EndPoint? PeerEndPoint => null;

    /// <summary>True if <see cref="TryBeginProbe"/> can ask the other end for an acknowledgement. False by default.</summary>
    bool CanProbe => false;

    /// <summary>Sends a TCP keepalive probe (RFC 9293, 3.8.4), and further ones until <see cref="EndProbe"/>.</summary>
    /// <returns>False when the connection is probed already, or was closed concurrently.</returns>
    bool TryBeginProbe() => false;

    /// <summary>Ends the probing.</summary>
    void EndProbe()
    {
        // Nothing is probed by default.
    }

    /// <summary>Shuts down the sending side (a FIN), while reading goes on.</summary>
    void ShutdownSend();
}
