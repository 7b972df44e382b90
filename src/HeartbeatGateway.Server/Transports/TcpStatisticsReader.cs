using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace HeartbeatGateway.Server.Transports;

/// <summary>Reads <see cref="TcpStatistics"/> from a connection's socket by one system call (TCP_INFO of tcp(7)). Linux only.</summary>
internal static class TcpStatisticsReader
{
    /// <summary>The statistics; null on another system, for another transport, and once the socket is closed.</summary>
    public static TcpStatistics? Read(ConnectionContext transport)
    {
        if (transport.Features.Get<ITransportInfoFeature>() is { } info) return info.Statistics;
        if (!OperatingSystem.IsLinux() || transport.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket) return null;
        try
        {
            Span<byte> answer = stackalloc byte[TcpStatistics.TcpInfoLength];
            return TcpInfo.TryRead(socket, answer) ? TcpStatistics.FromTcpInfo(answer) : null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The socket was closed concurrently: there is nothing left to measure.
            return null;
        }
    }
}
