using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Server.Disconnects;

/// <summary>Decides what a timeout was caused by. The order matters: the gateway looks for its own fault first, and for the client's last.</summary>
internal static class TimeoutClassifier
{
    /// <summary>
    /// A usual gap of this share of the limit is too close to it: a late heartbeat is enough for a timeout. The default gap has 71 % of the default limit,
    /// and a negotiated one 67 %.
    /// </summary>
    public const double TooCloseShare = 0.85;

    public static TimeoutCause Classify(in TimeoutEvidence evidence)
    {
        if (evidence.LeftUnread || HasPaused(evidence)) return TimeoutCause.GatewayStall;
        if (IsLost(evidence)) return TimeoutCause.NetworkLoss;
        return IsIntervalTooLong(evidence) ? TimeoutCause.IntervalTooLong : TimeoutCause.ClientSilent;
    }

    /// <summary>The middle one of the gaps above zero; the mean of the two middle ones of an even number.</summary>
    public static TimeSpan? UsualGap(IReadOnlyList<TimeSpan> gaps)
    {
        // Pings that came together have no gap, and say nothing of the interval.
        var sorted = gaps.Where(gap => gap > TimeSpan.Zero).Order().ToList();
        return sorted.Count == 0 ? null : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>
    /// The process paused for so long that a client which waits for its answer may have given up. Shorter pauses are taken out of the silent time, and
    /// explain nothing.
    /// </summary>
    private static bool HasPaused(in TimeoutEvidence evidence)
    {
        var half = evidence.Limit / 2;
        var enough = evidence.UsualGap is { } gap && gap < half ? gap : half;
        return evidence.Paused > TimeSpan.Zero && evidence.Paused >= enough;
    }

    /// <summary>Sent data was sent again, or a probe was unanswered for longer than round trips take, and nothing was acknowledged for long.</summary>
    private static bool IsLost(in TimeoutEvidence evidence)
    {
        if (evidence.Tcp is not { } tcp) return false;
        var isDataLost = tcp is { Unacknowledged: > 0, PendingRetransmits: > 0 };
        var isProbeLost = tcp.UnansweredProbes > 0 && tcp.RoundTripTime + (4 * tcp.RoundTripVariation) <= evidence.ProbeTime;
        var isLong = tcp.SinceLastAcknowledgement >= (evidence.SilentTime < evidence.Limit ? evidence.SilentTime : evidence.Limit) / 2;
        return isLong && (isDataLost || isProbeLost);
    }

    private static bool IsIntervalTooLong(in TimeoutEvidence evidence) =>
        evidence.Reason is CloseReason.ReaderIdle or CloseReason.AllIdle
        && (evidence.UsualGap is { } gap ? gap >= TooCloseShare * evidence.Limit : evidence.HasRepeatedly);
}
