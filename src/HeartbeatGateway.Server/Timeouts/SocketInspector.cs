using System.Net.Sockets;
using HeartbeatGateway.Server.Transports;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace HeartbeatGateway.Server.Timeouts;

/// <summary>
/// Asks the transport about a connection before it is closed: has the peer sent bytes that were not read yet, and has it acknowledged anything of
/// what was sent? A transport answers by <see cref="ITransportInfoFeature"/>. Without one the socket is asked: on Linux by TCP_INFO (tcp(7),
/// linux/tcp.h), elsewhere only for waiting bytes.
/// </summary>
internal static class SocketInspector
{
    private const int LastDataReceivedOffset = 52;

    /// <summary>Kernel time stamps have a resolution of down to 10 ms, and a read is recorded a little after its bytes came.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// True when bytes that the read loop can get wait in the kernel, or arrived after the last read and wait in a buffer between kernel and read
    /// loop. A peer can influence the answer, so callers act on it for a bounded time.
    /// </summary>
    /// <param name="transport">The connection.</param>
    /// <param name="sinceLastRead">Time since the last read.</param>
    /// <param name="hasRun">The read loop has begun; before that bytes belong to a layer below it.</param>
    public static bool HasUnreadInput(ConnectionContext transport, TimeSpan sinceLastRead, bool hasRun)
    {
        if (transport.Features.Get<ITransportInfoFeature>() is { } info) return info.HasUnreadInput(sinceLastRead);
        // Under TLS, bytes can arrive that are no data, such as those of the handshake. The read loop never gets them.
        var countsData = hasRun && transport.Features.Get<ITransportShutdownFeature>() is null;
        return Ask(transport, socket => socket.Available > 0 || (countsData && HasReceivedData(socket, sinceLastRead)));
    }

    /// <summary>True when bytes wait in the kernel.</summary>
    public static bool HasWaitingBytes(ConnectionContext transport) =>
        transport.Features.Get<ITransportInfoFeature>() is { } info ? info.HasUnreadInput(TimeSpan.Zero) : Ask(transport, static socket => socket.Available > 0);

    /// <inheritdoc cref="ITransportInfoFeature.ReadRound"/>
    public static int? ReadRound(ConnectionContext transport) => transport.Features.Get<ITransportInfoFeature>()?.ReadRound;

    /// <summary>Bytes that the peer has acknowledged so far; null if the transport cannot report them.</summary>
    public static long? AcknowledgedBytes(ConnectionContext transport) =>
        transport.Features.Get<ITransportInfoFeature>() is { } info ? info.AcknowledgedBytes : TcpStatisticsReader.Read(transport)?.AcknowledgedBytes;

    /// <summary>Shuts down the sending side, where the transport has one.</summary>
    public static void ShutdownSend(ConnectionContext transport)
    {
        if (transport.Features.Get<ITransportInfoFeature>() is { } info) info.ShutdownSend();
        else SocketOf(transport)?.Shutdown(SocketShutdown.Send);
    }

    private static bool HasReceivedData(Socket socket, TimeSpan sinceLastRead)
    {
        if (!OperatingSystem.IsLinux()) return false;
        Span<byte> answer = stackalloc byte[LastDataReceivedOffset + sizeof(uint)];
        return TcpInfo.TryRead(socket, answer)
            && TimeSpan.FromMilliseconds(BitConverter.ToUInt32(answer[LastDataReceivedOffset..])) + Slack < sinceLastRead
            // The kernel's time stamp also counts a TCP urgent byte, which no read returns (poll(2), POLLPRI).
            && !socket.Poll(0, SelectMode.SelectError);
    }

    private static bool Ask(ConnectionContext transport, Func<Socket, bool> question)
    {
        if (SocketOf(transport) is not { } socket) return false;
        try
        {
            return question(socket);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The socket was closed concurrently: there is nothing to read.
            return false;
        }
    }

    private static Socket? SocketOf(ConnectionContext transport) => transport.Features.Get<IConnectionSocketFeature>()?.Socket;
}
