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
internal sealed class ConnectionTimeouts(EngineContext context, ProcessPauses pauses, LimitEnforcer limits)
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
        connection.PutOffs = connection.IsPutOff ? (byte)(connection.PutOffs + 1) : (byte)0;
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
        if (now < deadline || LimitEnforcer.IsEnforced(LimitKind.HandshakeTimeout, settings)) return CloseAt(connection, deadline, CloseReason.HandshakeTimeout, now);
        // Reported when it would have been closed: not while its first frame waits to be read.
        if (IsPutOff(connection, now)) return now + 1;
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
        var deadline = Deadline(frame.Began, FrameLimit(frame.DeclaredLength, settings), now);
        // The read loop writes it concurrently: a frame that is due must be the same at a second read.
        return now >= deadline && connection.PartialFrame != frame ? now + 1 : CloseAt(connection, deadline, CloseReason.FrameTimeout, now);
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
        TimeOut(connection, deadline, CloseReason.SlowConsumer, now);
        return now + ShutdownLimit;
    }

    private long CheckIdle(TimedConnection connection, EngineSettings settings, long now)
    {
        var idle = LimitsOf(connection, settings.Idle);
        while (!connection.HasEnded)
        {
            var check = connection.Idle.Check(now, idle, pauses, connection.IsPaused);
            if (check.Event is not { } kind) return check.Deadline;
            // Bytes that wait to be read are not the client's idleness: the event stays due.
            if (kind != IdleKind.Writer && IsPutOff(connection, now)) return now + 1;
            connection.Idle.Acknowledge(kind, now);
            if (kind == IdleKind.Writer) connection.SendPing(now);
            else TimeOut(connection, check.Deadline, kind == IdleKind.Reader ? CloseReason.ReaderIdle : CloseReason.AllIdle, now);
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

    private long CloseAt(TimedConnection connection, long deadline, CloseReason reason, long now)
    {
        if (now < deadline) return deadline;
        if (IsPutOff(connection, now)) return now + 1;
        TimeOut(connection, deadline, reason, now);
        return now + ShutdownLimit;
    }

    /// <summary>
    /// True while a due deadline is postponed because bytes wait to be read. Bounded, since a peer can make the kernel report such bytes without end.
    /// </summary>
    private bool IsPutOff(TimedConnection connection, long now)
    {
        connection.IsPutOff |= connection.PutOffs < MaxPutOffs
            && SocketInspector.HasUnreadInput(connection.Transport, context.Elapsed(connection.Idle.LastRead, now), connection.HasRun);
        return connection.IsPutOff;
    }

    /// <summary>A negotiated limit replaces the gateway's own, unless that is off.</summary>
    private static IdleLimits LimitsOf(TimedConnection connection, in IdleLimits own) =>
        own.Reader > 0 && connection.NegotiatedReaderIdle is > 0 and var negotiated ? own with { Reader = negotiated } : own;

    private void TimeOut(TimedConnection connection, long deadline, CloseReason reason, long now) =>
        connection.Close(new CloseRequest(reason) { Late = context.Elapsed(deadline, now), Detail = DetailOf(connection, reason) });

    /// <summary>The limit that was reached, for the client; null for reasons that are not sent.</summary>
    private string? DetailOf(TimedConnection connection, CloseReason reason)
    {
        var settings = context.Settings;
        var declared = connection.PartialFrame.DeclaredLength;
        return reason switch
        {
            CloseReason.ReaderIdle => CloseDetails.ReaderIdle(context.Elapsed(0, LimitsOf(connection, settings.Idle).Reader)),
            CloseReason.AllIdle => CloseDetails.AllIdle(context.Elapsed(0, settings.Idle.All)),
            CloseReason.FrameTimeout => CloseDetails.FrameTimeout(declared, context.Elapsed(0, FrameLimit(declared, settings))),
            _ => null,
        };
    }

    private long FrameLimit(int declared, EngineSettings settings) => settings.FrameTimeout + (declared * _second / MinFrameBytesPerSecond);

    private long Deadline(long from, long limit, long now) => from + limit + pauses.Between(from, now);
}
