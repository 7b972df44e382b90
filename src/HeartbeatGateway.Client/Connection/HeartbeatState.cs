using HeartbeatGateway.Shared.Idle;

namespace HeartbeatGateway.Client.Connection;

/// <summary>
/// Decides when a ping is due and when the gateway is dead: a pure function of timestamps. A ping is due when nothing was written for one
/// heartbeat interval. It is also due when nothing was read for one interval and no ping was sent since, because a client that sends all the
/// time also needs answers. The reader and the writer of a connection may record from other threads than the one that checks.
/// </summary>
internal struct HeartbeatState(long now)
{
    private readonly long _start = now;
    private IdleState _idle = new(now);
    private long _lastPing = now;
    private long _extendedRead = long.MinValue;
    private bool _isAccepted;

    /// <summary>The timestamp of the last byte; before the gateway has answered, that of the start.</summary>
    public readonly long LastRead => _idle.LastRead;

    /// <summary>
    /// The gateway has answered. Until then, bytes do not restart the timeout: the first answer must be complete within its time limit.
    /// </summary>
    public void OnAccepted(long now)
    {
        _idle.OnRead(now);
        Volatile.Write(ref _isAccepted, true);
    }

    public void OnRead(long now)
    {
        if (Volatile.Read(ref _isAccepted)) _idle.OnRead(now);
    }

    public void OnWrite(long now) => _idle.OnWrite(now);

    /// <summary>Received bytes are still unread: restarts the server timeout.</summary>
    public void OnUnreadInput(long now) => _idle.RestartReader(now);

    /// <summary>Returns the action that is due now, and the deadline of the next check.</summary>
    /// <param name="now">The current timestamp.</param>
    /// <param name="limits">Reader: the silence after which the gateway is dead. Writer: the heartbeat interval.</param>
    /// <param name="stalls">Pauses of this process.</param>
    public (HeartbeatAction Action, long Deadline) Check(long now, in IdleLimits limits, ProcessPauses stalls)
    {
        while (true)
        {
            var check = _idle.Check(now, limits, stalls);
            if (check.Event is { } due) _idle.Acknowledge(due, now);
            if (check.Event == IdleKind.Reader)
            {
                var lastRead = _idle.LastRead;
                // If this process was paused during the silence, the gateway's silence cannot be measured. The timeout restarts once per
                // silence. In addition, the paused time never counts.
                if (lastRead == _extendedRead || stalls.Between(Math.Max(lastRead, _start), now) == 0) return (HeartbeatAction.Dead, now);
                _extendedRead = lastRead;
                _idle.RestartReader(now);
                continue;
            }

            var readDue = PingDueAfterRead(limits.Writer);
            if (check.Event != IdleKind.Writer && now < readDue) return (HeartbeatAction.None, Math.Min(check.Deadline, readDue));
            _lastPing = now;
            return (HeartbeatAction.Ping, now);
        }
    }

    /// <summary>Never while a ping is unanswered: then the gateway's answer is due, not another ping.</summary>
    private readonly long PingDueAfterRead(long heartbeat) => _lastPing > _idle.LastRead ? long.MaxValue : _idle.LastRead + heartbeat;
}
