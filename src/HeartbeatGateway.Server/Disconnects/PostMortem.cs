using HeartbeatGateway.Server.Transports;

namespace HeartbeatGateway.Server.Disconnects;

/// <summary>What the gateway knew of a connection at the moment at which it closed it for a timeout.</summary>
public sealed record PostMortem
{
    /// <summary>What all of it points to.</summary>
    public required TimeoutCause Cause { get; init; }

    /// <summary>The limit that was reached.</summary>
    public required TimeSpan Limit { get; init; }

    /// <summary>Time since the last byte from the client; since the opening when it sent none. Includes pauses of the gateway.</summary>
    public required TimeSpan SilentTime { get; init; }

    /// <summary>The median of <see cref="Gaps"/> without those of pings that came together. Null when there is none.</summary>
    public required TimeSpan? UsualGap { get; init; }

    /// <summary>The gaps between its latest 16 pings, the oldest first; resolution 10 ms, 655.34 s at most.</summary>
    public required IReadOnlyList<TimeSpan> Gaps { get; init; }

    /// <summary>
    /// Pauses of the gateway's process in the silent time and just before it, each of 1 s or more, and the time for which it did not read bytes that had
    /// arrived, if that was 1 s or more.
    /// </summary>
    public required TimeSpan StallTime { get; init; }

    /// <summary>What the kernel had measured. Null when the transport measures nothing.</summary>
    public required TcpStatistics? Tcp { get; init; }
}
