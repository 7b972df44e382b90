using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Clients;

/// <summary>
/// Registers clients when they connect and when they leave: anonymous ones are recognised by address, those that send a hello by client id. Counts
/// and logs each reconnect once. Calls go one way: registry, then directory or address tracker, then the event buffer.
/// </summary>
internal sealed class ClientRegistry
{
    private readonly EngineContext _context;
    private readonly AddressReconnectTracker _addresses;
    private readonly DeliveryTable _deliveries;
    private readonly ClusterMembership? _cluster;

    /// <param name="context">The context.</param>
    /// <param name="deliveries">What is kept for clients.</param>
    /// <param name="cluster">What the cluster is told; null without one.</param>
    public ClientRegistry(EngineContext context, DeliveryTable deliveries, ClusterMembership? cluster = null)
    {
        _context = context;
        _deliveries = deliveries;
        _cluster = cluster;
        var settings = context.Settings;
        _addresses = new AddressReconnectTracker(settings.ReconnectWindow, settings.MaxRemembered);
        Events = new PresenceEventBuffer(context.TimeProvider);
        Directory = new ClientDirectory(Events, settings.ReconnectWindow, settings.MaxRemembered);
    }

    /// <summary>The name of a client without a hello in log lines. No client id contains parentheses.</summary>
    public const string AnonymousName = "(anonymous)";

    private const string NoSession = "(none)";

    public PresenceEventBuffer Events { get; }

    public ClientDirectory Directory { get; }

    /// <summary>A client's name for log lines.</summary>
    public static string NameOf(IClientConnection connection) => connection.Session?.ClientId ?? AnonymousName;

    /// <summary>A client's session for log lines, as its welcome names it.</summary>
    public static string SessionOf(IClientConnection connection) => connection.Session is { } session ? ClientSession.Text(session.Id) : NoSession;

    /// <summary>Applies new limits to what is remembered.</summary>
    public void Configure(EngineSettings settings)
    {
        _addresses.Configure(settings.ReconnectWindow, settings.MaxRemembered);
        Directory.Configure(settings.ReconnectWindow, settings.MaxRemembered);
        _deliveries.Configure(settings.ReconnectWindow, settings.MaxRemembered);
    }

    /// <summary>Registers a connection whose first valid frame is not a hello.</summary>
    public void RegisterAnonymous(IClientConnection connection, long now)
    {
        var lastByte = _addresses.Connected(connection.Address, now, out var candidate);
        connection.Candidate = candidate;
        if (candidate is { TimedOutAt: not 0 and var timedOutAt }) Returned(now - timedOutAt);
        if (lastByte is { } from) Reconnected(connection, ReconnectIdentity.Address, _context.Elapsed(from, now));
        else LogConnected(connection);
    }

    /// <summary>
    /// Registers a connection that sent a hello: it moves from its address to its client id. With the feature <c>ack</c> that reserves its place, and
    /// <see cref="Confirm"/> registers it.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="hello">Its hello.</param>
    /// <param name="readerIdle">The negotiated reader-idle limit, in timestamp units; 0 for the gateway's own.</param>
    /// <param name="maxContentBytes">The largest content that its welcome announces, in bytes.</param>
    /// <param name="delivery">The connection as delivery sees it, when the feature <c>ack</c> is granted; null without it.</param>
    /// <param name="now">The current timestamp.</param>
    /// <param name="place">Its place in the cluster's directory; null without a cluster.</param>
    public ClientRegistration Register(
        IClientConnection connection, HelloPayload hello, long readerIdle, int maxContentBytes, IDeliveryConnection? delivery, long now, ClusterPlace? place = null)
    {
        var ack = delivery is null ? null : new AckSession(new DeliverySession(_deliveries.Enter(hello.ClientId, now), delivery, hello.Instance!, hello.Sent ?? 0));
        var registration = Directory.Enter(connection, hello, readerIdle, maxContentBytes, _context.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds(), now, ack, place);
        var isCounted = MoveFromAddress(connection);
        if (ack is not null) ack.IsCountedByAddress = isCounted;
        else if (registration.Session is not null) Registered(connection, registration, isCounted, now);
        if (place is not null && registration.Session is { } session) _cluster!.Registered(place, session);
        // When it ended before the session was set, nothing else releases what it holds.
        if (registration.Session is not null && !connection.HasEnded) return registration;
        if (ack is not null) Release(ack.Delivery, now);
        if (place is not null) _cluster!.Leave(place, now);
        return registration;
    }

    /// <summary>A connection sent a hello, and is no longer an anonymous client of its address: also when it is a ghost, which has an identity as well.</summary>
    /// <returns>True when it was counted as a reconnect of one.</returns>
    public bool MoveFromAddress(IClientConnection connection)
    {
        var isCounted = connection.Candidate is { } candidate && _addresses.Moved(connection.Address, connection.ConnectedAt, candidate);
        connection.Candidate = null;
        return isCounted;
    }

    /// <summary>
    /// A frame has proved that the sender of a connection's hello has read its welcome: the connection is registered, and takes over. One that is older than
    /// the client's current connection is closed instead.
    /// </summary>
    /// <param name="connection">The connection; its session has the feature <c>ack</c> and is not confirmed.</param>
    /// <param name="received">The number through which the client has received pushes.</param>
    /// <param name="now">The current timestamp.</param>
    /// <returns>False when it is not registered: it has ended.</returns>
    public bool Confirm(IClientConnection connection, long received, long now)
    {
        var ack = connection.Session!.Ack!;
        var registration = Directory.Confirm(connection, now);
        if (registration.Session is null)
        {
            connection.Close(new CloseRequest(CloseReason.Replaced) { Retry = true });
            return false;
        }

        Registered(connection, registration, ack.IsCountedByAddress, now);
        return ack.Delivery.Client.Attach(ack.Delivery, received);
    }

    /// <summary>A connection is closing, whatever still waits to be sent on it: from here on its client id is free.</summary>
    public void Unregister(IClientConnection connection, long now)
    {
        Directory.Leave(connection, now);
        if (connection.Session is not { } session) return;
        if (session.Ack is { } ack) Release(ack.Delivery, now);
        if (session.Cluster is { } place) _cluster!.Leave(place, now);
    }

    private void Release(DeliverySession delivery, long now)
    {
        delivery.Client.Detach(delivery);
        if (delivery.TryRelease()) _deliveries.Leave(delivery.Client, now);
    }

    private void Registered(IClientConnection connection, in ClientRegistration registration, bool isCounted, long now)
    {
        var session = registration.Session!;
        if (registration.SinceTimeout is { } sinceTimeout && !isCounted) Returned(sinceTimeout);
        _context.Spans.Find(connection.Id)?.Identified(now, session.ClientId, ClientSession.Text(session.Id), session.Generation, registration.Reconnected, registration.Resumed);
        if (registration.Replaced is { } replaced) TakeOver(replaced, connection, session);
        TimeSpan? gap = registration.Gap is { } units ? _context.Elapsed(0, units) : null;
        if (registration.Reconnected && !isCounted) Reconnected(connection, ReconnectIdentity.Client, gap, registration.Elsewhere);
        else LogConnected(connection);
        if (session.Cluster is { } place) place.Previous = null;
    }

    /// <summary>A connection was removed: an anonymous one is remembered by its address.</summary>
    public void Remember(IClientConnection connection, long now)
    {
        if (connection.Candidate is null || _context.Stopping.IsSet) return;
        var lastByte = connection.LastRead;
        var timedOutAt = FalseTimeouts.IsIdleTimeout(connection.Reason) ? connection.EndedAt : 0;
        // The client may have reconnected before its old connection was found dead.
        if (_addresses.Ended(connection.Address, lastByte, now, timedOutAt) is { } firstFrame) Reconnected(connection, ReconnectIdentity.Address, _context.Elapsed(lastByte, firstFrame));
    }

    /// <summary>A client whose connection reached an idle timeout is back.</summary>
    /// <param name="sinceTimeout">Time units from the timeout to the first frame.</param>
    private void Returned(long sinceTimeout)
    {
        if (_context.Elapsed(0, sinceTimeout) <= FalseTimeouts.Window) _context.Metrics.FalseTimeout();
    }

    private void TakeOver(IClientConnection replaced, IClientConnection by, ClientSession session)
    {
        _context.Spans.Find(by.Id)?.TakesOver(_context.Now, replaced.Id);
        _context.Spans.Find(replaced.Id)?.Replaced(_context.Now, by.Id);
        // Two instances of one client would replace each other without end, so the close is terminal for another instance.
        replaced.Close(new CloseRequest(CloseReason.Replaced) { Retry = replaced.Session!.IsOfInstance(session.Instance) });
        if (!_context.MayLog(LogLevel.Information, LineKind.Lifecycle, by.Address)) return;
        _context.Logger.ClientReplaced(
            session.ClientId, replaced.Id, by.Id, ClientSession.Text(session.Id), by.RemoteEndPoint, RemoteAddress.Of(by.RemoteEndPoint), RemoteAddress.PortOf(by.RemoteEndPoint));
    }

    private void Reconnected(IClientConnection connection, ReconnectIdentity identity, TimeSpan? gap, ClusterPrevious? elsewhere = null)
    {
        _context.Metrics.Reconnected(identity, gap);
        _context.Spans.Find(connection.Id)?.Reconnected(_context.Now, identity, gap);
        if (!_context.MayLog(LogLevel.Information, LineKind.Lifecycle, connection.Address)) return;
        var (name, session, remote) = (NameOf(connection), SessionOf(connection), connection.RemoteEndPoint);
        var (address, port) = (RemoteAddress.Of(remote), RemoteAddress.PortOf(remote));
        if (elsewhere is not null) _context.Logger.ClientMovedHere(name, connection.Id, session, remote, elsewhere.ConnectionId, elsewhere.Epoch, gap?.TotalSeconds, address, port);
        else if (gap is { } known) _context.Logger.ClientReconnected(name, connection.Id, session, remote, MetricLabels.Of(identity), known.TotalSeconds, address, port);
        else _context.Logger.ClientReconnectedAfterRestart(name, connection.Id, session, remote, address, port);
    }

    private void LogConnected(IClientConnection connection)
    {
        if (!_context.MayLog(LogLevel.Information, LineKind.Lifecycle, connection.Address)) return;
        var remote = connection.RemoteEndPoint;
        _context.Logger.ClientConnected(NameOf(connection), connection.Id, SessionOf(connection), remote, RemoteAddress.Of(remote), RemoteAddress.PortOf(remote));
    }
}
