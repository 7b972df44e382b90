using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Limits;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Outbound;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Shared.Idle;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Timeouts;

/// <summary>
/// Checks all deadlines of a connection when the timer wheel visits it: asks it to send or to close, and returns the next deadline. No deadline is
/// checked elsewhere.
/// </summary>
internal sealed class ConnectionTimeouts(EngineContext context, ProcessPauses pauses, LimitEnforcer limits, TimeoutExaminer examiner)
{
    /// <summary>The slowest rate at which a large frame may arrive.</summary>
    private const int MinFrameBytesPerSecond = 64 * 1024;

    /// <summary>
    /// How long unsent frames, and after them the peer's end of stream, are waited for when a connection closes. After a planned close, frames are
    /// delivered for this time.
    /// </summary>
    public static readonly TimeSpan CloseGrace = TimeSpan.FromSeconds(2);

    /// <summary>How often a paused client receives a ping, so that it does not take the gateway for dead.</summary>
    private static readonly TimeSpan PausedPingInterval = TimeSpan.FromSeconds(3);

    private readonly long _second = context.TimeProvider.TimestampFrequency;
    private readonly ShadowTimeouts _shadow = new(context, pauses);

    /// <summary>
    /// How many visits in a row a due deadline is put off because bytes wait that the read loop has not read yet. At a visit each tick that is 1 s,
    /// the shortest pause of the process that counts as one. It is counted in ticks, because a throttled process reads as late as it ticks.
    /// After that the deadline holds whatever the kernel reports.
    /// </summary>
    private static readonly int MaxPutOffs = (int)(TimerWheel.StallThreshold / TimerWheel.TickInterval);

    /// <summary>How long a closed connection may take to be removed, in timestamp units.</summary>
    public long ShutdownLimit { get; } = context.TimeProvider.ToTimestampUnits((2 * CloseGrace) + TimeSpan.FromSeconds(1));

    /// <inheritdoc cref="CloseGrace"/>
    public long Grace { get; } = context.TimeProvider.ToTimestampUnits(CloseGrace);

    /// <inheritdoc cref="PausedPingInterval"/>
    public long PausedPing { get; } = context.TimeProvider.ToTimestampUnits(PausedPingInterval);

    /// <returns>The timestamp of the next visit.</returns>
    public long Check(TimedConnection connection, long now)
    {
        try
        {
            return connection.HasEnded ? CheckShutdown(connection, now) : CheckDeadlines(connection, now);
        }
        catch (Exception e)
        {
            if (context.MayLog(LogLevel.Error, LineKind.Failure, AddressKey.From(connection.RemoteEndPoint))) context.Logger.TimeoutCheckFailed(e, connection.Id);
            return now + _second;
        }
    }

    private long CheckDeadlines(TimedConnection connection, long now)
    {
        var settings = context.Settings;
        connection.IsPutOff = false;
        var next = CheckWrite(connection, settings, now);
        next = Math.Min(next, CheckFrame(connection, settings, now));
        // Before the limit in force ends the silence.
        if (connection.IsConnected) next = Math.Min(next, _shadow.Check(connection, settings, now));
        next = Math.Min(next, connection.IsConnected ? CheckIdle(connection, settings, now) : CheckHandshake(connection, settings, now));
        next = Math.Min(next, CheckAge(connection, settings, now));
        if (connection.IsPaused) next = Math.Min(next, CheckPaused(connection, now));
        if (connection.IsPutOff) connection.PutOffs.Add(SocketInspector.ReadRound(connection.Transport));
        else connection.PutOffs.Clear();
        return connection.HasEnded ? now + ShutdownLimit : next;
    }

    /// <summary>A closed connection that is still read from, or is not removed in time: reading ends, then its transport is aborted.</summary>
    private long CheckShutdown(TimedConnection connection, long now)
    {
        if (connection.IsReading && now < connection.EndedAt + Grace) return connection.EndedAt + Grace;
        if (connection.IsReading) connection.StopReading();
        var deadline = connection.EndedAt + ShutdownLimit;
        if (now < deadline) return deadline;
        connection.Transport.Abort(new ConnectionAbortedException($"The connection ended ({connection.Reason.ToWireName()}) but was not shut down in time."));
        return now + ShutdownLimit;
    }

    private long CheckHandshake(TimedConnection connection, EngineSettings settings, long now)
    {
        if (settings.HandshakeTimeout == 0) return long.MaxValue;
        var deadline = Deadline(connection.OpenedAt, settings.HandshakeTimeout, now);
        if (now < deadline) return deadline;
        // Closed, or reported, only when its first frame neither waits to be read nor was read meanwhile.
        if (IsPutOff(connection, now) || connection.IsConnected) return now + 1;
        if (LimitEnforcer.IsEnforced(LimitKind.HandshakeTimeout, settings)) return CloseFor(connection, deadline, CloseReason.HandshakeTimeout, settings.HandshakeTimeout, now);
        limits.ReportViolation(LimitKind.HandshakeTimeout, connection);
        return long.MaxValue;
    }

    /// <summary>Closes a connection at its maximum age, plus or minus up to 10 %, so that connections opened together do not close together.</summary>
    private long CheckAge(TimedConnection connection, EngineSettings settings, long now)
    {
        var age = settings.MaxConnectionAge;
        if (age == 0) return long.MaxValue;
        var spread = Spread(connection.Id) / uint.MaxValue;
        // Connections that were too old when the age was set close over the same fifth of it, from then on.
        var from = Math.Max(connection.OpenedAt, settings.MaxConnectionAgeSince - (long)(age * 0.9));
        var deadline = Deadline(from, (long)(age * (0.9 + (0.2 * spread))), now);
        if (now >= deadline) connection.Close(new CloseRequest(CloseReason.MaxAge) { Detail = CloseDetails.MaxAge(context.Elapsed(0, age)) });
        return deadline;
    }

    /// <summary>
    /// A pseudo-random number that is constant for a connection: multiplicative hashing (Knuth, The Art of Computer Programming, 6.4).
    /// </summary>
    private static double Spread(ConnectionId id) => unchecked(id.Sequence * 2654435769u);

    private long CheckFrame(TimedConnection connection, EngineSettings settings, long now)
    {
        var frame = connection.PartialFrame;
        if (settings.FrameTimeout == 0 || !frame.Exists || connection.IsPaused) return long.MaxValue;
        var limit = FrameLimit(frame.DeclaredLength, settings);
        var deadline = Deadline(frame.Began, limit, now);
        if (now < deadline) return deadline;
        if (IsPutOff(connection, now) || connection.PartialFrame != frame) return now + 1;
        return CloseFor(connection, deadline, CloseReason.FrameTimeout, limit, now);
    }

    private long CheckWrite(TimedConnection connection, EngineSettings settings, long now)
    {
        if (connection.Outbound.Blocked is not { } blocked) return long.MaxValue;
        if (SocketInspector.AcknowledgedBytes(connection.Transport) is { } acknowledged && acknowledged != blocked.AcknowledgedBytes)
        {
            // The first check of a write only records what was acknowledged before it; a later difference is progress.
            var isProgress = blocked.AcknowledgedBytes is not null;
            var seen = new BlockedWrite(isProgress ? now : blocked.Since, acknowledged);
            connection.Outbound.Observed(blocked, seen);
            blocked = seen;
            if (isProgress) connection.Idle.OnWrite(now);
        }

        // Checked twice a second, so that a slow consumer is found well within a second after its limit.
        var deadline = settings.WriteTimeout == 0 ? long.MaxValue : Deadline(blocked.Since, settings.WriteTimeout, now);
        if (now < deadline) return Math.Min(deadline, now + (_second / 2));
        TimeOut(connection, deadline, CloseReason.SlowConsumer, settings.WriteTimeout, now);
        return now + ShutdownLimit;
    }

    private long CheckIdle(TimedConnection connection, EngineSettings settings, long now)
    {
        var idle = LimitsOf(connection, settings.Idle);
        while (!connection.HasEnded)
        {
            var check = connection.Idle.Check(now, idle, pauses, connection.IsPaused);
            if (check.Event is not { } kind) return CheckSilence(connection, idle, check.Deadline, now);
            // Bytes that wait to be read are not the client's idleness: the event stays due. Nor are those that were read since it was found due.
            if (kind != IdleKind.Writer && (IsPutOff(connection, now) || connection.Idle.Check(now, idle, pauses, connection.IsPaused).Event != kind)) return now + 1;
            connection.Idle.Acknowledge(kind, now);
            if (kind == IdleKind.Writer) connection.SendPing(now);
            else if (kind == IdleKind.Reader) TimeOut(connection, check.Deadline, CloseReason.ReaderIdle, idle.Reader, now);
            else TimeOut(connection, check.Deadline, CloseReason.AllIdle, idle.All, now);
        }

        return now + ShutdownLimit;
    }

    /// <summary>A client that is not read from receives pings often enough not to take the gateway for dead.</summary>
    private long CheckPaused(TimedConnection connection, long now)
    {
        var deadline = connection.Idle.LastWrite + PausedPing;
        if (now < deadline) return deadline;
        if (connection.Outbound.PendingBytes == 0) connection.SendPing(now);
        return now + PausedPing;
    }

    private long CloseFor(TimedConnection connection, long deadline, CloseReason reason, long limit, long now)
    {
        TimeOut(connection, deadline, reason, limit, now);
        return now + ShutdownLimit;
    }

    /// <summary>
    /// True while a due deadline is postponed because bytes wait to be read. Bounded, since a peer can make the kernel report such bytes without end.
    /// The read loop runs beside this thread: after a false, what the deadline depends on has to be looked at again, since the bytes may have been read
    /// between the first look and this one.
    /// </summary>
    private bool IsPutOff(TimedConnection connection, long now)
    {
        connection.IsPutOff |= connection.PutOffs.Count < MaxPutOffs
            && SocketInspector.HasUnreadInput(connection.Transport, context.Elapsed(connection.Idle.LastRead, now), connection.HasRun);
        return connection.IsPutOff;
    }

    /// <summary>A negotiated limit replaces the gateway's own, unless that is off.</summary>
    private static IdleLimits LimitsOf(TimedConnection connection, in IdleLimits own) =>
        own.Reader > 0 && connection.NegotiatedReaderIdle is > 0 and var negotiated ? own with { Reader = negotiated } : own;

    /// <summary>Returns the next visit: at an idle deadline, or before it to ask the kernel of a silent client whether the network still carries.</summary>
    private long CheckSilence(TimedConnection connection, in IdleLimits idle, long deadline, long now)
    {
        var limit = idle.Reader > 0 && (idle.All <= 0 || idle.Reader < idle.All) ? idle.Reader : idle.All;
        // With a writer limit the gateway sends pings, whose acknowledgements answer that.
        if (limit <= 0 || idle.Writer > 0 || !SilenceProbe.Fits(connection.Transport)) return deadline;
        var lead = context.TimeProvider.ToTimestampUnits(SilenceProbe.LeadOf(context.Elapsed(0, limit)));
        var probeAt = deadline - lead;
        if (now >= probeAt)
        {
            // A late visit leaves an answer too little time.
            if (!connection.IsProbed && deadline - now >= lead / 2) connection.IsProbed = SilenceProbe.Begin(connection.Transport);
            return deadline;
        }

        if (connection.IsProbed) SilenceProbe.End(connection.Transport);
        connection.IsProbed = false;
        return probeAt;
    }

    private void TimeOut(TimedConnection connection, long deadline, CloseReason reason, long limit, long now)
    {
        var late = context.Elapsed(deadline, now);
        var postMortem = examiner.Examine(connection, reason, limit, late, now);
        connection.Close(new CloseRequest(reason) { Late = late, Detail = DetailOf(connection, reason, postMortem.Limit), PostMortem = postMortem });
    }

    /// <summary>The limit that was reached, for the client; null for reasons that are not sent.</summary>
    private static string? DetailOf(TimedConnection connection, CloseReason reason, TimeSpan limit) => reason switch
    {
        CloseReason.ReaderIdle => CloseDetails.ReaderIdle(limit),
        CloseReason.AllIdle => CloseDetails.AllIdle(limit),
        CloseReason.FrameTimeout => CloseDetails.FrameTimeout(connection.PartialFrame.DeclaredLength, limit),
        _ => null,
    };

    private long FrameLimit(int declared, EngineSettings settings) => settings.FrameTimeout + (declared * _second / MinFrameBytesPerSecond);

    private long Deadline(long from, long limit, long now) => from + limit + pauses.Between(from, now);
}
