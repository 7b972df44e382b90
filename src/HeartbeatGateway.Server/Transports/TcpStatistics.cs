namespace HeartbeatGateway.Server.Transports;

/// <summary>What the kernel has measured on a TCP connection (linux/tcp.h, struct tcp_info).</summary>
public readonly record struct TcpStatistics
{
    /// <summary>How much of the struct tcp_info <see cref="FromTcpInfo"/> reads, in bytes.</summary>
    public const int TcpInfoLength = AcknowledgedBytesOffset + sizeof(ulong);

    // Offsets in struct tcp_info, the same since Linux 4.1.
    private const int PendingRetransmitsOffset = 2;
    private const int UnansweredProbesOffset = 3;
    private const int UnacknowledgedOffset = 24;
    private const int LastAcknowledgementOffset = 56;
    private const int RoundTripTimeOffset = 68;
    private const int RoundTripVariationOffset = 72;
    private const int RetransmitsOffset = 100;
    private const int AcknowledgedBytesOffset = 120;

    /// <summary>The smoothed round-trip time; resolution 1 µs. Zero before the first measurement.</summary>
    public TimeSpan RoundTripTime { get; init; }

    /// <summary>The mean deviation of the round-trip time; resolution 1 µs.</summary>
    public TimeSpan RoundTripVariation { get; init; }

    /// <summary>Segments that were sent again since the connection was opened.</summary>
    public long Retransmits { get; init; }

    /// <summary>Retransmissions of the oldest unacknowledged segment that are unanswered at this moment.</summary>
    public int PendingRetransmits { get; init; }

    /// <summary>Segments that were sent and are not acknowledged yet.</summary>
    public int Unacknowledged { get; init; }

    /// <summary>Probes (keepalive, or for a window of zero) that are unanswered at this moment.</summary>
    public int UnansweredProbes { get; init; }

    /// <summary>Time since the last acknowledgement arrived; resolution 1 to 10 ms.</summary>
    public TimeSpan SinceLastAcknowledgement { get; init; }

    /// <summary>Bytes that the peer has acknowledged since the connection was opened.</summary>
    public long AcknowledgedBytes { get; init; }

    /// <summary>Parses the beginning of the kernel's answer to the socket option TCP_INFO (tcp(7)).</summary>
    /// <param name="info">At least <see cref="TcpInfoLength"/> bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer bytes.</exception>
    public static TcpStatistics FromTcpInfo(ReadOnlySpan<byte> info)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(info.Length, TcpInfoLength, nameof(info));
        return new()
        {
            PendingRetransmits = info[PendingRetransmitsOffset],
            UnansweredProbes = info[UnansweredProbesOffset],
            Unacknowledged = BitConverter.ToInt32(info[UnacknowledgedOffset..]),
            SinceLastAcknowledgement = TimeSpan.FromMilliseconds(BitConverter.ToUInt32(info[LastAcknowledgementOffset..])),
            RoundTripTime = TimeSpan.FromMicroseconds(BitConverter.ToUInt32(info[RoundTripTimeOffset..])),
            RoundTripVariation = TimeSpan.FromMicroseconds(BitConverter.ToUInt32(info[RoundTripVariationOffset..])),
            Retransmits = BitConverter.ToUInt32(info[RetransmitsOffset..]),
            AcknowledgedBytes = BitConverter.ToInt64(info[AcknowledgedBytesOffset..]),
        };
    }
}
