using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Transports;

namespace HeartbeatGateway.Server.Disconnects;

/// <summary>What <see cref="TimeoutClassifier"/> decides by.</summary>
internal readonly record struct TimeoutEvidence
{
    public required CloseReason Reason { get; init; }

    public required TimeSpan Limit { get; init; }

    public required TimeSpan SilentTime { get; init; }

    /// <summary>The median gap between two heartbeats; null when the connection had none.</summary>
    public TimeSpan? UsualGap { get; init; }

    /// <summary>Earlier connections of this client that came back and timed out before a second heartbeat, just as this one did; in a row.</summary>
    public bool HasRepeatedly { get; init; }

    /// <summary>Pauses of the process around the silent time.</summary>
    public TimeSpan Paused { get; init; }

    /// <summary>Bytes from the client had arrived, and were not read for the whole time for which the timeout was put off.</summary>
    public bool LeftUnread { get; init; }

    public TcpStatistics? Tcp { get; init; }

    /// <summary>How long an unanswered probe has been waited for at least.</summary>
    public TimeSpan ProbeTime { get; init; }
}
