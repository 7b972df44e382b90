using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Disconnects;
using HeartbeatGateway.Server.Limits;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Server.Timeouts;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// The four steps of every connection: opened, connected, closing, closed. Each step updates table, timer wheel, metrics, log and client registry in
/// one fixed order.
/// </summary>
internal sealed class ConnectionLifecycle(
    EngineContext context, TimerWheel wheel, ConnectionTimeouts timeouts, ClientRegistry clients, ConnectionTable table, AdmissionGate gate,
    DisconnectHistory history)
{
    /// <summary>The cause of a close that is no timeout, in log lines.</summary>
    private const string NoCause = "(none)";

    private long _closedCount;

    public EngineContext Context { get; } = context;

    /// <summary>The number of connections that were removed so far.</summary>
    public long ClosedCount => Interlocked.Read(ref _closedCount);

    /// <summary>A connection was admitted: it gets its id, its place in the table and its first deadline.</summary>
    public GatewayConnection Open(ConnectionContext transport, AddressKey address, bool isCountedByAddress, bool isProbe)
    {
        var connection = new GatewayConnection(this, transport, address, isProbe) { IsCountedByAddress = isCountedByAddress };
        if (!isProbe)
        {
            table.Add(connection);
            Context.Metrics.ConnectionOpened(connection.Kind);
            Context.Spans.Open(connection.Id, transport, connection.OpenedAt, Context.Settings.ConnectionSpanRatio);
            using var span = Context.Spans.Enter(connection.Id);
            Context.Logger.ConnectionOpened(connection.Id, connection.RemoteEndPoint);
        }

        wheel.Schedule(connection, timeouts.Check(connection, Context.Now));
        if (isProbe) return connection;
        if (Context.Stopping.IsSet) connection.Close(new CloseRequest(CloseReason.Shutdown));
        // It was admitted before the drain began and entered the table after the drain had listed the connections.
        else if (Context.Stopping.IsDraining) connection.Close(new CloseRequest(CloseReason.Draining) { Retry = true });
        return connection;
    }

    /// <summary>A connection's first valid frame was read.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="now">The timestamp of the read that brought it.</param>
    /// <param name="isAnonymous">False when that frame is a hello, which brings an identity.</param>
    public void Connected(GatewayConnection connection, long now, bool isAnonymous)
    {
        if (connection.IsProbe)
        {
            connection.ConnectedAt = now;
            return;
        }

        table.MarkConnected(connection, now);
        Context.Spans.Find(connection.Id)?.Connected(now, connection.Signer?.Key.Id, connection.Transport.Features.Get<ITlsHandshakeFeature>());
        using var span = Context.Spans.Enter(connection.Id);
        // Its next visit was set by the handshake timeout; an idle timeout may come earlier.
        if (Context.Settings.ShortestIdle is > 0 and var idle) wheel.Schedule(connection, SilenceProbe.FirstVisit(now, idle, Context.TimeProvider));
        if (isAnonymous) clients.RegisterAnonymous(connection, now);
    }

    /// <summary>
    /// A connection was closed: it is counted, logged if the reason has details, and its client id is free. Its last bytes may still be unsent.
    /// </summary>
    public void Closing(GatewayConnection connection, in CloseRequest request)
    {
        connection.Metrics.ConnectionClosing(request.Reason, request.Cause, request.Late);
        using var span = Context.Spans.Enter(connection.Id);
        CloseLog.Write(Context, connection, request);
        // A health check of a load balancer is no event of a client.
        if (!connection.IsProbe && connection.EndedAsProbe is null) history.Add(EndedConnection.Describe(connection, request, Context));
        if (!connection.IsProbe) clients.Unregister(connection, connection.EndedAt);
        wheel.Schedule(connection, connection.EndedAt + (connection.IsReading ? timeouts.Grace : timeouts.ShutdownLimit));
    }

    /// <summary>A connection is removed, in one order: wheel, queue, metrics, admission, log, reconnect recognition, table.</summary>
    public void Closed(GatewayConnection connection)
    {
        var now = Context.Now;
        var pending = connection.Outbound.PendingBytes;
        wheel.Remove(connection);
        connection.Outbound.End();
        if (connection.IsProbe) return;

        // As of the close: the last frame may have been waited for since.
        var lifetime = Context.Elapsed(connection.OpenedAt, connection.EndedAt);
        Context.Metrics.ConnectionClosed(connection.Reason, lifetime);
        gate.Leave(connection.Address, connection.IsCountedByAddress);
        using var span = Context.Spans.Enter(connection.Id);
        var level = Context.Settings.CloseLevels.Of(connection.Reason);
        if (connection.EndedAsProbe is { } kind) ClosedAsProbe(connection, kind, lifetime);
        else if (Context.MayLog(level, connection.IsConnected ? LineKind.Lifecycle : LineKind.Handshake, connection.Address))
        {
            var (silence, remote) = (Context.Elapsed(connection.LastRead, connection.EndedAt), connection.RemoteEndPoint);
            var (client, session, reason) = (ClientRegistry.NameOf(connection), ClientRegistry.SessionOf(connection), connection.Reason.ToWireName());
            var origin = DisconnectOrigins.Of(connection.Reason, connection.TimeoutCause).ToWireName();
            var cause = connection.TimeoutCause?.ToWireName() ?? NoCause;
            var (address, port) = (RemoteAddress.Of(remote), RemoteAddress.PortOf(remote));
            Context.Logger.ConnectionClosed(
                level, connection.Id, client, session, remote, reason, lifetime.TotalSeconds, silence.TotalSeconds, connection.BytesRead, pending,
                origin, cause, address, port);
        }

        clients.Remember(connection, now);
        EndSpan(connection, now, pending);
        Interlocked.Increment(ref _closedCount);
        table.Remove(connection);
    }

    /// <summary>A health check of a load balancer is no event of a client: it takes no share of the log lines and of the accept rate.</summary>
    private void ClosedAsProbe(GatewayConnection connection, ProbeKind kind, TimeSpan lifetime)
    {
        Context.Metrics.ProbeClosed(kind);
        gate.ReturnAccept(Context.Settings, lifetime);
        Context.Logger.ProbeClosed(connection.Id, connection.RemoteEndPoint, connection.Reason.ToWireName(), MetricLabels.Of(kind));
    }

    private void EndSpan(GatewayConnection connection, long now, int pending)
    {
        if (Context.Spans.Remove(connection.Id) is not { } span) return;
        if (connection.EndedAsProbe is not null) span.Discard(now);
        else span.End(now, connection.Reason, new ConnectionTraffic(connection.BytesRead, connection.BytesWritten, connection.FramesRead, connection.FramesWritten, pending));
    }

    public long CheckTimeouts(GatewayConnection connection, long now) => timeouts.Check(connection, now);

    public void ScheduleNow(GatewayConnection connection) => wheel.Schedule(connection, Context.Now);

    public void ScheduleWhilePaused(GatewayConnection connection) => wheel.Schedule(connection, Context.Now + timeouts.PausedPing);
}
