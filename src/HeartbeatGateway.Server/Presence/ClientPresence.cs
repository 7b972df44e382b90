using HeartbeatGateway.Server.Identity;
using HeartbeatGateway.Server.Reconnects;
using HeartbeatGateway.Server.Telemetry;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Server.Presence;

/// <summary>
/// Who comes, comes back and goes: anonymous clients are recognised by address, those that say hello by name. Counts and tells
/// each return once.
/// </summary>
internal sealed class ClientPresence
{
    private readonly GatewayEngine _engine;
    private readonly LogThrottle _throttle;
    private readonly AddressReconnectTracker _addresses;

    public ClientPresence(GatewayEngine engine, EngineSettings settings, LogThrottle throttle)
    {
        _engine = engine;
        _throttle = throttle;
        _addresses = new AddressReconnectTracker(settings.ReconnectWindow, settings.MaxRemembered);
        Log = new PresenceEventBuffer(engine.TimeProvider);
        Directory = new ClientDirectory(Log, settings.ReconnectWindow, settings.MaxRemembered);
    }

    public PresenceEventBuffer Log { get; }

    public ClientDirectory Directory { get; }

    public void Configure(EngineSettings settings)
    {
        _addresses.Configure(settings.ReconnectWindow, settings.MaxRemembered);
        Directory.Configure(settings.ReconnectWindow, settings.MaxRemembered);
    }

    /// <summary>A connection whose first valid frame is no hello.</summary>
    public void Anonymous(GatewayConnection connection, long now)
    {
        if (connection.IsProbe) return;
        var lastByte = _addresses.Connected(connection.Address, now, out var visit);
        connection.ReconnectCandidate = visit;
        if (lastByte is { } from) Returned(connection, ReconnectIdentity.Address, connection.Elapsed(from, now));
        else if (_throttle.Allows()) _engine.Logger.ClientConnected(connection.ClientName, connection.Id, connection.RemoteEndPoint);
    }

    /// <summary>A connection said hello: it moves from its address to its name.</summary>
    public ClientRegistration Identified(GatewayConnection connection, HelloPayload hello, long readerIdle, long now)
    {
        var arrival = Directory.Enter(connection, hello, readerIdle, _engine.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds(), now);
        // A ghost has a name as well: it is no anonymous client of its address either.
        var counted = connection.ReconnectCandidate is { } visit && _addresses.Moved(connection.Address, connection.ConnectedAt, visit);
        connection.ReconnectCandidate = null;
        if (arrival.Session is null) return arrival;

        if (arrival.Replaced is { } replaced) TakeOver(replaced, connection, arrival.Session);
        TimeSpan? gap = arrival.Gap is { } units ? connection.Elapsed(0, units) : null;
        if (arrival.Reconnected && !counted) Returned(connection, ReconnectIdentity.Client, gap);
        else if (_throttle.Allows()) _engine.Logger.ClientConnected(connection.ClientName, connection.Id, connection.RemoteEndPoint);
        return arrival;
    }

    /// <summary>A connection has ended, whatever still waits to be sent on it: nobody finds it under its name from here on.</summary>
    public void Ended(GatewayConnection connection, long now) => Directory.Leave(connection, now);

    /// <summary>A connection is taken off the books.</summary>
    public void Left(GatewayConnection connection, long now)
    {
        if (connection.ReconnectCandidate is null || _engine.IsStopping) return;
        var lastByte = connection.Idle.LastRead;
        // The client may have been back before its old connection was found dead.
        if (_addresses.Ended(connection.Address, lastByte, now) is { } firstFrame) Returned(connection, ReconnectIdentity.Address, connection.Elapsed(lastByte, firstFrame));
    }

    private void TakeOver(GatewayConnection replaced, GatewayConnection by, ClientSession session)
    {
        // Another start of the client would be replaced in turn for ever if it came back.
        var retry = replaced.Session!.IsOfInstance(session.Instance);
        replaced.End(CloseReason.Replaced, CloseFrameFactory.For(replaced, CloseReason.Replaced, _engine.TimeProvider.GetUtcNow(), retry));
        if (_throttle.Allows()) _engine.Logger.ClientReplaced(session.ClientId, replaced.Id, by.Id, by.RemoteEndPoint);
    }

    private void Returned(GatewayConnection connection, ReconnectIdentity identity, TimeSpan? gap)
    {
        _engine.Metrics.Reconnected(identity, gap);
        if (!_throttle.Allows()) return;
        if (gap is { } known) _engine.Logger.ClientReconnected(connection.ClientName, connection.Id, connection.RemoteEndPoint, Labels.Of(identity), known.TotalSeconds);
        else _engine.Logger.ClientReconnectedAfterRestart(connection.ClientName, connection.Id, connection.RemoteEndPoint);
    }
}
