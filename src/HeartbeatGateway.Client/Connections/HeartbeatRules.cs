using HeartbeatGateway.Protocol.Heartbeats;

namespace HeartbeatGateway.Client.Connections;

/// <summary>
/// When to ping and when to give up: a pure function of timestamps. A ping is due when nothing was written for an interval, or nothing was
/// read for one and no ping is under way: a client that only sends must hear answers, too.
/// </summary>
internal static class HeartbeatRules
{
    /// <param name="now">The current timestamp.</param>
    /// <param name="idle">When bytes were last read and written.</param>
    /// <param name="lastPing">When the last ping was sent; 0 before the first.</param>
    /// <param name="heartbeat">The interval, in timestamp units.</param>
    /// <param name="deadAfter">The limit of silence, in timestamp units.</param>
    /// <param name="stalls">Pauses of this process, in which nobody could read.</param>
    public static HeartbeatStep Decide(long now, in IdleState idle, long lastPing, long heartbeat, long deadAfter, StallLog stalls)
    {
        var deadAt = idle.LastRead + deadAfter + stalls.Between(idle.LastRead, now);
        if (now >= deadAt) return new HeartbeatStep(HeartbeatAction.Dead, now);
        var pingAt = idle.LastWrite + heartbeat;
        if (lastPing <= idle.LastRead) pingAt = Math.Min(pingAt, idle.LastRead + heartbeat);
        return now >= pingAt ? new HeartbeatStep(HeartbeatAction.Ping, Math.Min(deadAt, now + heartbeat)) : new HeartbeatStep(HeartbeatAction.Wait, Math.Min(deadAt, pingAt));
    }
}
