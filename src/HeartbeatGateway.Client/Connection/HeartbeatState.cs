using HeartbeatGateway.Shared.Idle;

namespace HeartbeatGateway.Client.Connection;

/// <summary>
/// Decides when a ping is due and when the gateway is dead: a pure function of timestamps. A ping is due when nothing was written for one
/// heartbeat interval. It is also due when nothing was read for one interval and no ping was sent since, because a client that sends all the
/// time also needs answers, and at the latest one server timeout after the previous ping. Bytes alone do not prove that the gateway works:
/// an unanswered ping has a bound of its own. The reader and the writer of a connection may record from other threads than the one that checks.
/// </summary>
internal struct HeartbeatState(long now)
{
    private readonly long _start = now;
    private IdleState _idle = new(now);
    private long _lastPing = now;
    private long _extendedRead = long.MinValue;
    private long _firstUnanswered = long.MaxValue;
    private bool _isAccepted;

    /// <summary>
    /// A ping must be answered within this many server timeouts, plus the transfer time of what arrives meanwhile. Answers wait behind other
    /// frames, so a slow link needs more than one.
    /// </summary>
    public const int AnswerTimeouts = 3;

    /// <summary>The timestamp of the first unanswered ping; <see cref="long.MaxValue"/> when every ping is answered.</summary>
    public readonly long FirstUnanswered => _firstUnanswered;

    /// <summary>The timestamp of the last byte; before the gateway has answered, that of the start.</summary>
    public readonly long LastRead => _idle.LastRead;

    /// <summary>
    /// The gateway has answered. Until then, bytes do not restart the timeout: the first answer must be complete within its time limit.
    /// </summary>
    public void OnAccepted(long now)
    {
        _idle.OnRead(now);
        // The ping that follows the hello is unanswered.
        if (!_isAccepted) _firstUnanswered = now;
        Volatile.Write(ref _isAccepted, true);
    }

    public void OnRead(long now)
    {
        if (Volatile.Read(ref _isAccepted)) _idle.OnRead(now);
    }

    public void OnWrite(long now) => _idle.OnWrite(now);

    /// <summary>The gateway has answered a ping.</summary>
    public void OnAnswer() => _firstUnanswered = long.MaxValue;

    /// <summary>Received bytes are still unread: restarts the server timeout and the bound of an unanswered ping.</summary>
    public void OnUnreadInput(long now)
    {
        _idle.RestartReader(now);
        if (_firstUnanswered != long.MaxValue) _firstUnanswered = now;
    }

    /// <summary>Returns the action that is due now, and the deadline of the next check.</summary>
    /// <param name="now">The current timestamp.</param>
    /// <param name="limits">Reader: the silence after which the gateway is dead. Writer: the heartbeat interval.</param>
    /// <param name="stalls">Pauses of this process.</param>
    /// <param name="transfer">The transfer time of the bytes received since the last answer, in timestamp units.</param>
    public (HeartbeatAction Action, long Deadline) Check(long now, in IdleLimits limits, ProcessPauses stalls, long transfer = 0)
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

            var answerDue = AnswerDue(now, limits.Reader, stalls, transfer);
            if (now >= answerDue) return (HeartbeatAction.NoAnswer, now);
            var readDue = PingDueAfterRead(limits);
            if (check.Event != IdleKind.Writer && now < readDue)
            {
                return (HeartbeatAction.None, Math.Min(Math.Min(check.Deadline, readDue), answerDue));
            }

            _lastPing = now;
            if (_isAccepted && _firstUnanswered == long.MaxValue) _firstUnanswered = now;
            return (HeartbeatAction.Ping, now);
        }
    }

    /// <summary>Not while nothing was read since the last ping: then the gateway's answer is due, not another ping.</summary>
    private readonly long PingDueAfterRead(in IdleLimits limits) =>
        _lastPing > _idle.LastRead ? long.MaxValue : Math.Min(_idle.LastRead + limits.Writer, _lastPing + Math.Max(limits.Reader, limits.Writer));

    private readonly long AnswerDue(long now, long serverTimeout, ProcessPauses stalls, long transfer) => _firstUnanswered == long.MaxValue
        ? long.MaxValue
        : _firstUnanswered + (AnswerTimeouts * serverTimeout) + transfer + stalls.Between(Math.Min(_firstUnanswered, now), now);
}
