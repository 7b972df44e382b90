using HeartbeatGateway.Server.Admission;
using HeartbeatGateway.Server.Outbound;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Heartbeats;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Heartbeats;

/// <summary>
/// What the wheel does with a connection whose deadline has come: it asks the connection to send or to end, and tells when to
/// look again. All deadlines of a connection are checked here and nowhere else.
/// </summary>
internal sealed class ConnectionTimeouts(GatewayEngine engine, ProcessPauses stalls, LogThrottle throttle)
{
    /// <summary>The rate at which a large frame must at least arrive.</summary>
    private const int MinFrameBytesPerSecond = 64 * 1024;

    /// <summary>
    /// How long past its deadline a connection may live because bytes wait that the read loop has not got round to: the length from which a
    /// pause of the process counts as one. What the kernel says after that ends nothing later.
    /// </summary>
    private readonly long _unreadGrace = engine.TimeProvider.ToTimestampUnits(TimerWheel.StallThreshold);

    /// <returns>When to visit next.</returns>
    public long Visit(GatewayConnection connection, long now)
    {
        try
        {
            return connection.HasEnded ? CheckUnwinding(connection, now) : CheckDeadlines(connection, now);
        }
        catch (Exception e)
        {
            if (throttle.Allows()) engine.Logger.VisitFailed(e, connection.Id);
            return now + engine.TimeProvider.TimestampFrequency;
        }
    }

    private long CheckDeadlines(GatewayConnection connection, long now)
    {
        var settings = engine.Settings;
        var next = CheckWrite(connection, settings, now);
        next = Math.Min(next, CheckFrame(connection, settings, now));
        next = Math.Min(next, connection.IsConnected ? CheckIdle(connection, settings, now) : CheckHandshake(connection, settings, now));
        next = Math.Min(next, CheckAge(connection, settings, now));
        if (connection.IsPaused) next = Math.Min(next, KeepPausedAlive(connection, now));
        return connection.HasEnded ? now + engine.UnwindLimit : next;
    }

    /// <summary>An end that does not come to its end: the transport is torn down under it.</summary>
    private long CheckUnwinding(GatewayConnection connection, long now)
    {
        var deadline = connection.EndedAt + engine.UnwindLimit;
        if (now < deadline) return deadline;
        connection.Transport.Abort(new ConnectionAbortedException($"The connection ended ({connection.Reason.ToWireName()}) but did not unwind in time."));
        return now + engine.UnwindLimit;
    }

    private long CheckHandshake(GatewayConnection connection, EngineSettings settings, long now)
    {
        if (settings.HandshakeTimeout == 0) return long.MaxValue;
        var deadline = Deadline(connection.OpenedAt, settings.HandshakeTimeout, now);
        if (now >= deadline && settings.Observed.HasFlag(Limits.HandshakeTimeout))
        {
            // As it would have ended: not while its first frame waits to be read.
            if (IsPutOff(connection, now, deadline)) return now + 1;
            engine.Limits.Enforces(Limits.HandshakeTimeout, connection, settings);
            return long.MaxValue;
        }

        return Check(connection, now, deadline, TimeoutKind.Handshake, CloseReason.HandshakeTimeout);
    }

    /// <summary>The age at which a connection is sent on, a tenth more or less for each, so that those who came together do not leave together.</summary>
    private long CheckAge(GatewayConnection connection, EngineSettings settings, long now)
    {
        var age = settings.MaxConnectionAge;
        if (age == 0) return long.MaxValue;
        var spread = Spread(connection.Id) / uint.MaxValue;
        // Those who were too old already when the age was set go over the same fifth of it, from then on.
        var from = Math.Max(connection.OpenedAt, settings.MaxConnectionAgeSince - (long)(age * 0.9));
        var deadline = Deadline(from, (long)(age * (0.9 + (0.2 * spread))), now);
        if (now >= deadline) connection.End(CloseReason.MaxAge);
        return deadline;
    }

    /// <summary>A number that is as good as random and always the same for a connection: multiplicative hashing (Knuth, The Art of Computer Programming, 6.4).</summary>
    private static double Spread(ConnectionId id) => unchecked(id.Sequence * 2654435769u);

    private long CheckFrame(GatewayConnection connection, EngineSettings settings, long now)
    {
        var frame = connection.Unfinished;
        if (settings.FrameTimeout == 0 || !frame.IsThere || connection.IsPaused) return long.MaxValue;
        var allowed = settings.FrameTimeout + (frame.Claims * engine.TimeProvider.TimestampFrequency / MinFrameBytesPerSecond);
        var deadline = Deadline(frame.Began, allowed, now);
        // The read loop writes it meanwhile: a frame that is due must still be the same at a second look.
        return now >= deadline && connection.Unfinished != frame ? now + 1 : Check(connection, now, deadline, TimeoutKind.Frame, CloseReason.FrameTimeout);
    }

    private long CheckWrite(GatewayConnection connection, EngineSettings settings, long now)
    {
        if (connection.Outbound.Blocked is not { } blocked) return long.MaxValue;
        if (SocketInspector.AcknowledgedBytes(connection.Transport) is { } acknowledged && acknowledged != blocked.AcknowledgedBytes)
        {
            // The first look at a write only notes what was acknowledged before it; a later difference is the peer taking bytes.
            var isProgress = blocked.AcknowledgedBytes is not null;
            var seen = new BlockedWrite(isProgress ? now : blocked.Since, acknowledged);
            connection.Outbound.Observed(blocked, seen);
            blocked = seen;
            if (isProgress) connection.Idle.OnWrite(now);
        }

        // Looked at twice a second, so that a peer that stops taking bytes is found well within a second after its limit.
        var deadline = settings.WriteTimeout == 0 ? long.MaxValue : Deadline(blocked.Since, settings.WriteTimeout, now);
        if (now < deadline) return Math.Min(deadline, now + (engine.TimeProvider.TimestampFrequency / 2));
        TimeOut(connection, TimeoutKind.Write, CloseReason.SlowConsumer, now, deadline);
        return now + engine.UnwindLimit;
    }

    private long CheckIdle(GatewayConnection connection, EngineSettings settings, long now)
    {
        var limits = LimitsOf(connection, settings.Idle);
        while (!connection.HasEnded)
        {
            if (limits.Reader > 0 || limits.All > 0)
            {
                // Ask before the event is taken: bytes that wait for us are not the client's silence.
                var due = connection.Idle;
                var first = due.Check(now, limits, stalls, connection.IsPaused);
                if (first.Event is IdleKind.Reader or IdleKind.All && IsPutOff(connection, now, first.Deadline)) return now + 1;
            }

            var check = connection.Idle.Check(now, limits, stalls, connection.IsPaused);
            switch (check.Event)
            {
                case null:
                    return check.Deadline;
                case IdleKind.Writer:
                    SendPing(connection, now);
                    break;
                case IdleKind.Reader:
                    TimeOut(connection, TimeoutKind.ReaderIdle, CloseReason.ReaderIdle, now, check.Deadline);
                    break;
                case IdleKind.All:
                    TimeOut(connection, TimeoutKind.AllIdle, CloseReason.AllIdle, now, check.Deadline);
                    break;
                default:
                    throw new InvalidOperationException($"The idle event {check.Event} has no rule.");
            }
        }

        return now + engine.UnwindLimit;
    }

    /// <summary>A client that we do not read from hears from us often enough not to give us up.</summary>
    private long KeepPausedAlive(GatewayConnection connection, long now)
    {
        var deadline = connection.Idle.LastWrite + engine.KeepAliveWhilePaused;
        if (now < deadline) return deadline;
        if (connection.Outbound.PendingBytes == 0) SendPing(connection, now);
        return now + engine.KeepAliveWhilePaused;
    }

    private void SendPing(GatewayConnection connection, long now)
    {
        if (connection.Signer is { } signer) connection.Send(signer.Ping(engine.UnixSeconds), FrameKind.Ping, now);
    }

    private long Check(GatewayConnection connection, long now, long deadline, TimeoutKind kind, CloseReason reason)
    {
        if (now < deadline) return deadline;
        if (IsPutOff(connection, now, deadline)) return now + 1;
        TimeOut(connection, kind, reason, now, deadline);
        return now + engine.UnwindLimit;
    }

    /// <summary>True while a deadline that has come is put off for bytes that wait to be read: for a bounded time, since a peer can make it look so for ever.</summary>
    private bool IsPutOff(GatewayConnection connection, long now, long deadline) =>
        now - deadline < _unreadGrace && SocketInspector.HasUnreadInput(connection, connection.Elapsed(connection.Idle.LastRead, now));

    /// <summary>What its hello agreed on goes before the gateway's own limit, unless that is off.</summary>
    private static IdleLimits LimitsOf(GatewayConnection connection, in IdleLimits own) =>
        own.Reader > 0 && connection.Session is { ReaderIdle: > 0 } session ? own with { Reader = session.ReaderIdle } : own;

    private static void TimeOut(GatewayConnection connection, TimeoutKind kind, CloseReason reason, long now, long deadline)
    {
        if (connection.End(reason)) connection.Metrics.TimedOut(kind, connection.Elapsed(deadline, now));
    }

    private long Deadline(long from, long limit, long now) => from + limit + stalls.Between(from, now);
}
