using HeartbeatGateway.Protocol.Heartbeats;

namespace HeartbeatGateway.Client.Connection;

/// <summary>
/// When to ping and when to give the gateway up: a pure function of timestamps. A ping is due when nothing was written for a heartbeat, and
/// also when nothing was read for one and no ping was sent since: a client that sends all the time must read answers, too.
/// The reader and the writer of a connection may record from other threads than the one that checks.
/// </summary>
internal struct HeartbeatState(long now)
{
    private readonly long _start = now;
    private IdleState _idle = new(now);
    private long _lastPing = now;
    private long _forgivenRead = long.MinValue;
    private bool _isAccepted;

    /// <summary>Timestamp of the last byte; of the start, before the gateway has answered.</summary>
    public readonly long LastRead => _idle.LastRead;

    /// <summary>The gateway has answered. Until then bytes are no sign of life: the first answer must be complete in its time.</summary>
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

    /// <summary>Bytes wait that nobody has read: the gateway has a fresh interval.</summary>
    public void OnUnreadInput(long now) => _idle.RestartReader(now);

    /// <summary>What is due now, and when to look again.</summary>
    /// <param name="now">The current timestamp.</param>
    /// <param name="limits">Reader: silence after which the gateway is dead. Writer: the heartbeat.</param>
    /// <param name="stalls">Pauses of this process.</param>
    public (HeartbeatAction Action, long Deadline) Check(long now, in IdleLimits limits, ProcessPauses stalls)
    {
        while (true)
        {
            var check = _idle.Check(now, limits, stalls);
            if (check.Event == IdleKind.Reader)
            {
                var lastRead = _idle.LastRead;
                // Who stood still himself cannot tell how long the other was silent: a fresh interval, once in a silence, besides the
                // time of the pause, which does not count in any case.
                if (lastRead == _forgivenRead || stalls.Between(Math.Max(lastRead, _start), now) == 0) return (HeartbeatAction.Dead, now);
                _forgivenRead = lastRead;
                _idle.RestartReader(now);
                continue;
            }

            var readDue = PingDueAfterRead(limits.Writer);
            if (check.Event != IdleKind.Writer && now < readDue) return (HeartbeatAction.None, Math.Min(check.Deadline, readDue));
            _lastPing = now;
            return (HeartbeatAction.Ping, now);
        }
    }

    /// <summary>Never, while a ping is under way: then the silence is the gateway's.</summary>
    private readonly long PingDueAfterRead(long heartbeat) => _lastPing > _idle.LastRead ? long.MaxValue : _idle.LastRead + heartbeat;
}
