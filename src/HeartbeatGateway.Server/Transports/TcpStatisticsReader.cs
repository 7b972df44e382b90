using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace HeartbeatGateway.Server.Transports;

/// <summary>Reads <see cref="TcpStatistics"/> from a connection's socket by one system call (TCP_INFO of tcp(7)). Linux only.</summary>
internal static class TcpStatisticsReader
{
    // Offsets in struct tcp_info, the same since Linux 2.6.
    private const int PendingRetransmits = 2;
    private const int UnansweredProbes = 3;
    private const int Unacknowledged = 24;
    private const int LastAcknowledgement = 56;
    private const int RoundTripTime = 68;
    private const int RoundTripVariation = 72;
    private const int Retransmits = 100;

    /// <summary>The statistics; null on another system, for another transport, and once the socket is closed.</summary>
    public static TcpStatistics? Read(ConnectionContext transport)
    {
        if (transport.Features.Get<ITransportInfoFeature>() is { } info) return info.Statistics;
        if (!OperatingSystem.IsLinux() || transport.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket) return null;
        try
        {
            Span<byte> answer = stackalloc byte[Retransmits + sizeof(uint)];
            return TcpInfo.TryRead(socket, answer) ? Parse(answer) : null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The socket was closed concurrently: there is nothing left to measure.
            return null;
        }
    }

    private static TcpStatistics Parse(ReadOnlySpan<byte> info) => new()
    {
        PendingRetransmits = info[PendingRetransmits],
        UnansweredProbes = info[UnansweredProbes],
        Unacknowledged = BitConverter.ToInt32(info[Unacknowledged..]),
        SinceLastAcknowledgement = TimeSpan.FromMilliseconds(BitConverter.ToUInt32(info[LastAcknowledgement..])),
        RoundTripTime = TimeSpan.FromMicroseconds(BitConverter.ToUInt32(info[RoundTripTime..])),
        RoundTripVariation = TimeSpan.FromMicroseconds(BitConverter.ToUInt32(info[RoundTripVariation..])),
        Retransmits = BitConverter.ToUInt32(info[Retransmits..]),
    };
}
