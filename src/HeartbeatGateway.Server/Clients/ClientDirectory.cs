using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Server.Clients;

/// <summary>
/// The connected clients by client id, and those that left within the reconnect window (docs/protocol.md, "Identity"). Each change is one step under
/// one lock and appends its event in that step, so that lookups and events always agree. Under its lock it calls only the event buffer.
/// </summary>
internal sealed class ClientDirectory(PresenceEventBuffer events, long window, int maxRemembered)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Client> _clients = new(StringComparer.Ordinal);
    private readonly HashSet<Guid> _sessions = [];
    private readonly SharedNames _libraries = new();
    private readonly Queue<Departure> _gone = new();
    private long _window = window;
    private int _maxRemembered = maxRemembered;
    private int _remembered;
    private long _departures;

    // The highest generation of the forgotten clients: a client that reconnects later still gets a higher one, whatever the clock says.
    private long _highestForgotten;

    /// <summary>Changes the limits; they hold from the next call on.</summary>
    public void Configure(long newWindow, int newMaxRemembered)
    {
        lock (_lock) (_window, _maxRemembered) = (newWindow, newMaxRemembered);
    }

    /// <summary>
    /// Enters a connection that sent a hello. From here on lookups find it, unless it is a ghost. With the feature <c>ack</c> it only reserves a place and a
    /// generation: <see cref="Confirm"/> enters it.
    /// </summary>
    /// <param name="connection">The new connection.</param>
    /// <param name="hello">Its hello.</param>
    /// <param name="readerIdle">The negotiated reader-idle limit, in timestamp units; 0 for the gateway's own.</param>
    /// <param name="maxContentBytes">The largest content that its welcome announces, in bytes.</param>
    /// <param name="unixMilliseconds">The date: generations start at it, so that they rise across restarts.</param>
    /// <param name="now">The current timestamp.</param>
    /// <param name="ack">With the feature <c>ack</c>, what that needs; null without it.</param>
    /// <param name="place">In a cluster, what its directory says of the client; null without one.</param>
    public ClientRegistration Enter(
        IClientConnection connection, HelloPayload hello, long readerIdle, int maxContentBytes, long unixMilliseconds, long now, AckSession? ack = null, ClusterPlace? place = null)
    {
        ClientRegistration arrival;
        lock (_lock)
        {
            Forget(now);
            if (!_clients.TryGetValue(hello.ClientId, out var client)) _clients[hello.ClientId] = client = new Client(hello.ClientId) { Generation = _highestForgotten };
            var attempt = hello.Attempt ?? ClientSession.NoAttempt;
            if (client.Current?.Session is { } held && held.IsLaterThan(hello.Instance, attempt)) return default;
            // The cluster's answers to two hellos of one client can come in another order than it gave them.
            if (place is { Generation: > 0 } && place.Generation < client.Entered) return default;

            var previous = place?.Previous;
            var resumed = previous is null ? client.LastSession is { } last && hello.Resume == ClientSession.Text(last) : hello.Resume == ClientSession.Text(place!.SessionId);
            // A session unknown to this process is from before its start: the client was connected, but its connection is not remembered.
            var reconnected = client.IsKnown || previous is not null || (hello.Resume is { } resume && !(ClientSession.TryParse(resume, out var named) && _sessions.Contains(named)));
            var session = new ClientSession
            {
                ClientId = client.Id,
                Instance = hello.Instance,
                Attempt = attempt,
                Id = resumed && previous is null ? client.LastSession!.Value : place?.SessionId ?? Guid.NewGuid(),
                Generation = place is { Generation: > 0 } ? place.Generation : Math.Max(client.Generation + 1, unixMilliseconds),
                ReaderIdle = readerIdle,
                MaxContentBytes = maxContentBytes,
                AcceptsClose = hello.Features.Contains(ProtocolFeatures.Close),
                Library = _libraries.Share(hello.Library),
                Reconnects = Math.Max(client.Reconnects, previous?.Reconnects ?? 0) + (reconnected ? 1 : 0),
                Ack = ack,
                Cluster = place,
            };
            client.Generation = Math.Max(client.Generation, session.Generation);
            if (ack is null)
            {
                arrival = EnterLocked(client, connection, session, reconnected, resumed);
            }
            else
            {
                (ack.IsReserved, ack.Reconnected, ack.Resumed) = (true, reconnected, resumed);
                ack.Delivery.Generation = session.Generation;
                client.Reserved++;
                connection.Session = session;
                arrival = new ClientRegistration(session, null, reconnected, resumed, null);
            }
        }

        // It may have ended just before it was entered, on another thread that found no session to remove: see Leave.
        Interlocked.MemoryBarrier();
        if (connection.HasEnded) Leave(connection, now);
        return arrival;
    }

    /// <summary>Enters a connection that has a place since its hello. From here on lookups find it.</summary>
    /// <returns>Without a session when it has ended, or when a newer connection or attempt of the client is entered or was: it must not take over then.</returns>
    public ClientRegistration Confirm(IClientConnection connection, long now)
    {
        ClientRegistration arrival;
        var session = connection.Session!;
        var ack = session.Ack!;
        lock (_lock)
        {
            Forget(now);
            if (!ack.IsReserved || connection.HasEnded) return default;
            var client = _clients[session.ClientId];
            if (session.Generation < client.Entered || client.Current?.Session?.IsLaterThan(session.Instance, session.Attempt) == true) return default;
            ack.IsReserved = false;
            client.Reserved--;
            ack.IsConfirmed = true;
            arrival = EnterLocked(client, connection, session, ack.Reconnected, ack.Resumed);
        }

        // As in Enter.
        Interlocked.MemoryBarrier();
        if (connection.HasEnded) Leave(connection, now);
        return arrival;
    }

    /// <summary>Removes a connection that has ended. Changes nothing when a newer one has taken over, or when it was removed before.</summary>
    public void Leave(IClientConnection connection, long now)
    {
        // Pairs with the barrier in Enter: either the end is seen there, or the session is seen here.
        Interlocked.MemoryBarrier();
        if (connection.Session is not { } session) return;
        lock (_lock)
        {
            if (!_clients.TryGetValue(session.ClientId, out var client)) return;
            if (session.Ack is { IsReserved: true } ack)
            {
                ack.IsReserved = false;
                client.Reserved--;
                RemoveIfUnknown(client);
                return;
            }

            if (client.Current != connection) return;
            client.Current = null;
            client.LastByte = connection.LastRead;
            client.LastConnection = connection.Id;
            client.TimedOutAt = FalseTimeouts.IsIdleTimeout(connection.Reason) ? connection.EndedAt : 0;
            client.Departure = ++_departures;
            _gone.Enqueue(new Departure(client, client.Departure, now));
            _remembered++;
            events.Append(PresenceChange.Disconnected, session, connection, connection.Reason);
            Forget(now);
        }
    }

    /// <summary>The lowest generation that is above all that were given to a client here.</summary>
    public long FloorOf(string clientId)
    {
        lock (_lock) return (_clients.TryGetValue(clientId, out var client) ? client.Generation : _highestForgotten) + 1;
    }

    /// <summary>The connection of a client; null when it is not connected.</summary>
    public IClientConnection? Find(string clientId)
    {
        lock (_lock) return _clients.TryGetValue(clientId, out var client) ? client.Current : null;
    }

    /// <summary>All connected clients with an identity, and the number of the last event that the list reflects.</summary>
    public PresenceSnapshot Snapshot()
    {
        lock (_lock)
        {
            return new PresenceSnapshot(
                events.LastSequence, [.. _clients.Values.Where(c => c.Current is not null).Select(c => ClientInfo.Of(c.Current!.Session!, c.Current!))]);
        }
    }

    private ClientRegistration EnterLocked(Client client, IClientConnection connection, ClientSession session, bool reconnected, bool resumed)
    {
        // Forget has just dropped the clients that left before the window, so a client that is still known left within it.
        var (current, isKnown) = (client.Current, client.IsKnown);
        // Since it was here, the client was on another node, which knows more of it.
        var elsewhere = session.Cluster?.Previous is { } previousOfCluster && previousOfCluster.Generation > client.Entered ? previousOfCluster : null;
        reconnected |= isKnown;
        client.Reconnects = Math.Max(client.Reconnects, session.Cluster?.Previous?.Reconnects ?? 0);
        if (reconnected) client.Reconnects++;
        session.Reconnects = client.Reconnects;
        var lastByte = current?.LastRead ?? client.LastByte;
        var gap = elsewhere is not null ? session.Cluster!.PreviousGap : isKnown ? Math.Max(0, connection.ConnectedAt - lastByte) : null as long?;
        var arrival = new ClientRegistration(session, current, reconnected, resumed, gap)
        {
            Elsewhere = elsewhere,
            SinceTimeout = elsewhere is null && current is null && client.TimedOutAt is not 0 and var timedOutAt && connection.ConnectedAt >= timedOutAt ? connection.ConnectedAt - timedOutAt : null,
        };
        ConnectionId? previous = current?.Id ?? (isKnown && elsewhere is null ? client.LastConnection : null);
        var isReplaced = current is not null || elsewhere is { WasConnected: true };

        if (current is null && isKnown) _remembered--;
        if (client.LastSession is { } earlier && earlier != session.Id) _sessions.Remove(earlier);
        _sessions.Add(session.Id);
        client.LastSession = session.Id;
        client.Entered = session.Generation;
        client.Current = connection;
        connection.Session = session;
        events.Append(isReplaced ? PresenceChange.Replaced : reconnected ? PresenceChange.Reconnected : PresenceChange.Connected, session, connection, CloseReason.None, previous);
        return arrival;
    }

    private void Forget(long now)
    {
        while (_gone.TryPeek(out var oldest) && (now - oldest.At > _window || _remembered > _maxRemembered || _gone.Count > 2L * _maxRemembered))
        {
            _gone.Dequeue();
            // It has reconnected since, and perhaps left again: then a later entry stands for it.
            if (oldest.Client.Current is not null || oldest.Client.Departure != oldest.Number) continue;
            _remembered--;
            _sessions.Remove(oldest.Client.LastSession!.Value);
            oldest.Client.Forget();
            RemoveIfUnknown(oldest.Client);
        }
    }

    private void RemoveIfUnknown(Client client)
    {
        if (client.IsKnown || client.Reserved > 0) return;
        _clients.Remove(client.Id);
        _highestForgotten = Math.Max(_highestForgotten, client.Generation);
    }

    private sealed class Client(string id)
    {
        public string Id { get; } = id;

        public IClientConnection? Current { get; set; }

        /// <summary>The highest generation that was given to a connection.</summary>
        public long Generation { get; set; }

        /// <summary>The generation of the last connection that was entered.</summary>
        public long Entered { get; set; }

        /// <summary>Connections that have sent a hello and are not confirmed.</summary>
        public int Reserved { get; set; }

        /// <summary>It is connected, or was within the window.</summary>
        public bool IsKnown => Current is not null || LastSession is not null;

        /// <summary>The session of the current connection or of the last one; null before the first.</summary>
        public Guid? LastSession { get; set; }

        public long LastByte { get; set; }

        /// <summary>Its last connection that has ended.</summary>
        public ConnectionId LastConnection { get; set; }

        /// <summary>Timestamp at which that connection reached an idle timeout; 0 when it ended otherwise.</summary>
        public long TimedOutAt { get; set; }

        /// <summary>How often it has reconnected since it is known.</summary>
        public int Reconnects { get; set; }

        /// <summary>The number of its last departure.</summary>
        public long Departure { get; set; }

        /// <summary>Its last connection is outside the window.</summary>
        public void Forget() => (LastSession, LastByte, LastConnection, TimedOutAt, Reconnects, Departure) = (null, 0, default, 0, 0, 0);
    }

    private readonly record struct Departure(Client Client, long Number, long At);
}

/// <summary>The result of <see cref="ClientDirectory.Enter"/>.</summary>
/// <param name="Session">The new session; null when the connection is a ghost: a later attempt of the same instance is connected already.</param>
/// <param name="Replaced">The connection that was replaced; null when there was none.</param>
/// <param name="Reconnected">The client was connected before.</param>
/// <param name="Resumed">The client's session is still known and continues.</param>
/// <param name="Gap">Time units from the earlier connection's last byte to the first frame of the new one; null when that is not known.</param>
internal readonly record struct ClientRegistration(ClientSession? Session, IClientConnection? Replaced, bool Reconnected, bool Resumed, long? Gap)
{
    /// <summary>Time units from the idle timeout that ended the client's last connection to the first frame of the new one; null when it ended otherwise.</summary>
    public long? SinceTimeout { get; init; }

    /// <summary>The client's connection on another node before this one; null when this node had it last.</summary>
    public ClusterPrevious? Elsewhere { get; init; }
}
