using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Context;
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

    public ClientRegistry(EngineContext context)
    {
        _context = context;
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

    /// <summary>Registers a connection that sent a hello: it moves from its address to its client id.</summary>
    public ClientRegistration Register(IClientConnection connection, HelloPayload hello, long readerIdle, int maxContentBytes, long now)
    {
        var registration = Directory.Enter(connection, hello, readerIdle, maxContentBytes, _context.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds(), now);
        // A ghost has an identity as well: it is not an anonymous client of its address either.
        var isCounted = connection.Candidate is { } candidate && _addresses.Moved(connection.Address, connection.ConnectedAt, candidate);
        connection.Candidate = null;
        if (registration.Session is not { } session) return registration;

        if (registration.SinceTimeout is { } sinceTimeout && !isCounted) Returned(sinceTimeout);
        _context.Spans.Find(connection.Id)?.Identified(now, session.ClientId, ClientSession.Text(session.Id), session.Generation, registration.Reconnected, registration.Resumed);
        if (registration.Replaced is { } replaced) TakeOver(replaced, connection, session);
        TimeSpan? gap = registration.Gap is { } units ? _context.Elapsed(0, units) : null;
        if (registration.Reconnected && !isCounted) Reconnected(connection, ReconnectIdentity.Client, gap);
        else LogConnected(connection);
        return registration;
    }

    /// <summary>A connection is closing, whatever still waits to be sent on it: from here on its client id is free.</summary>
    public void Unregister(IClientConnection connection, long now) => Directory.Leave(connection, now);

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

    private void Reconnected(IClientConnection connection, ReconnectIdentity identity, TimeSpan? gap)
    {
        _context.Metrics.Reconnected(identity, gap);
        _context.Spans.Find(connection.Id)?.Reconnected(_context.Now, identity, gap);
        if (!_context.MayLog(LogLevel.Information, LineKind.Lifecycle, connection.Address)) return;
        var (name, session, remote) = (NameOf(connection), SessionOf(connection), connection.RemoteEndPoint);
        var (address, port) = (RemoteAddress.Of(remote), RemoteAddress.PortOf(remote));
        if (gap is { } known) _context.Logger.ClientReconnected(name, connection.Id, session, remote, MetricLabels.Of(identity), known.TotalSeconds, address, port);
        else _context.Logger.ClientReconnectedAfterRestart(name, connection.Id, session, remote, address, port);
    }

    private void LogConnected(IClientConnection connection)
    {
        if (!_context.MayLog(LogLevel.Information, LineKind.Lifecycle, connection.Address)) return;
        var remote = connection.RemoteEndPoint;
        _context.Logger.ClientConnected(NameOf(connection), connection.Id, SessionOf(connection), remote, RemoteAddress.Of(remote), RemoteAddress.PortOf(remote));
    }
}
