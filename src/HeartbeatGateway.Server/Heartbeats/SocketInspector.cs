using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace HeartbeatGateway.Server.Heartbeats;

/// <summary>
/// Asks the kernel about a connection before it is given up: has the peer sent something that we have not got round to reading?
/// Has it taken anything of what we sent? Linux answers from TCP_INFO (tcp(7), linux/tcp.h); elsewhere only waiting bytes are seen.
/// </summary>
internal static class SocketInspector
{
    private const int IpprotoTcp = 6;
    private const int TcpInfo = 11;
    private const int LastDataReceivedOffset = 52;
    private const int BytesAckedOffset = 120;

    /// <summary>Kernel time stamps are as coarse as 10 ms, and a read is noted a little after its bytes came.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// True when bytes that the read loop can get wait in the kernel, or arrived after the last read and wait in a buffer between kernel and
    /// reader. A hint only, which a peer can influence: callers believe it for a bounded time.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="silence">Time since the last read.</param>
    public static bool HasUnreadInput(GatewayConnection connection, TimeSpan silence)
    {
        var transport = connection.Transport;
        if (SocketOf(transport) is not { } socket) return false;
        try
        {
            if (socket.Available > 0) return true;
            Span<byte> info = stackalloc byte[LastDataReceivedOffset + sizeof(uint)];
            // Under TLS bytes can come that are no data, those of the handshake first of all, which the read loop never notes: they must
            // not keep a silent client alive.
            return OperatingSystem.IsLinux() && connection.HasRun && transport.Features.Get<ITransportShutdownFeature>() is null
                && socket.GetRawSocketOption(IpprotoTcp, TcpInfo, info) == info.Length
                && TimeSpan.FromMilliseconds(BitConverter.ToUInt32(info[LastDataReceivedOffset..])) + Slack < silence
                // The kernel's time stamp also counts a TCP urgent byte, which no read ever returns (poll(2), POLLPRI).
                && !socket.Poll(0, SelectMode.SelectError);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The socket has ended under us: there is nothing to read any more.
            return false;
        }
    }

    /// <summary>True when bytes wait in the kernel.</summary>
    public static bool HasWaitingBytes(ConnectionContext connection)
    {
        try
        {
            return SocketOf(connection) is { Available: > 0 };
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The socket has ended under us: there is nothing to read any more.
            return false;
        }
    }

    /// <summary>Bytes that the peer has acknowledged so far; null where the system does not tell.</summary>
    public static long? AcknowledgedBytes(ConnectionContext connection)
    {
        if (!OperatingSystem.IsLinux() || SocketOf(connection) is not { } socket) return null;
        try
        {
            Span<byte> info = stackalloc byte[BytesAckedOffset + sizeof(ulong)];
            return socket.GetRawSocketOption(IpprotoTcp, TcpInfo, info) == info.Length
                ? BitConverter.ToInt64(info[BytesAckedOffset..])
                : null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>The connection's socket; null on transports without one.</summary>
    public static Socket? SocketOf(ConnectionContext connection) => connection.Features.Get<IConnectionSocketFeature>()?.Socket;

}
