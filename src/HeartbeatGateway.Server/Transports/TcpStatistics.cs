namespace HeartbeatGateway.Server.Transports;

/// <summary>What the kernel has measured on a TCP connection (linux/tcp.h, struct tcp_info).</summary>
public readonly record struct TcpStatistics
{
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
}
