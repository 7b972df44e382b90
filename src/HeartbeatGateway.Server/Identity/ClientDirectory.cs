using HeartbeatGateway.Server.Presence;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Server.Identity;

/// <summary>
/// Who is here under which name, and who was here lately (docs/protocol.md, "Identity"). Each change is one step under one lock,
/// and tells the presence log in that step, so that what is looked up and what is told can never disagree. Calls nobody but
/// the log from under its lock.
/// </summary>
internal sealed class ClientDirectory(PresenceEventBuffer presence, long window, int maxRemembered)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Client> _clients = new(StringComparer.Ordinal);
    private readonly HashSet<Guid> _sessions = [];
    private readonly Queue<Departure> _gone = new();
    private long _window = window;
    private int _maxRemembered = maxRemembered;
    private int _remembered;
    private long _departures;

    // The highest generation of those that were forgotten: whoever comes back after that still rises, whatever the clock says.
    private long _highestForgotten;

    /// <summary>Changes the limits; they hold from the next call on.</summary>
    public void Configure(long newWindow, int newMaxRemembered)
    {
        lock (_lock) (_window, _maxRemembered) = (newWindow, newMaxRemembered);
    }

    /// <summary>A connection said hello. From here on lookups find it, unless it is a ghost.</summary>
    /// <param name="connection">The newcomer.</param>
    /// <param name="hello">What it said.</param>
    /// <param name="readerIdle">The limit of silence that was agreed on, in timestamp units; 0 for the gateway's own.</param>
    /// <param name="unixMilliseconds">The date: generations start at it, so that they rise across restarts.</param>
    /// <param name="now">The current timestamp.</param>
    public ClientRegistration Enter(GatewayConnection connection, HelloPayload hello, long readerIdle, long unixMilliseconds, long now)
    {
        ClientRegistration arrival;
        lock (_lock)
        {
            Forget(now);
            if (!_clients.TryGetValue(hello.ClientId, out var client)) _clients[hello.ClientId] = client = new Client(hello.ClientId) { Generation = _highestForgotten };
            var current = client.Current;
            if (current?.Session is { } held && held.IsOfInstance(hello.Instance) && hello.Attempt < held.Attempt) return default;

            // Forget has just dropped who left longer ago than the window, so whoever is still known was here lately enough.
            var wasHere = current is not null || client.LastSession is not null;
            var resumed = client.LastSession is { } last && hello.Resume == ClientSession.Text(last);
            var session = new ClientSession
            {
                ClientId = client.Id,
                Instance = hello.Instance,
                Attempt = hello.Attempt,
                Id = resumed ? client.LastSession!.Value : Guid.NewGuid(),
                Generation = Math.Max(client.Generation + 1, unixMilliseconds),
                ReaderIdle = readerIdle,
                AcceptsClose = hello.Features.Contains(ProtocolFeatures.Close),
            };
            // A session that this process does not know is one from before its start: the client was here, its connection is not remembered.
            var reconnected = wasHere || (hello.Resume is { } resume && !(ClientSession.TryParse(resume, out var named) && _sessions.Contains(named)));
            var lastByte = current?.Idle.LastRead ?? client.LastByte;
            arrival = new ClientRegistration(session, current, reconnected, resumed, wasHere ? Math.Max(0, connection.ConnectedAt - lastByte) : null);

            if (current is null && wasHere) _remembered--;
            client.Generation = session.Generation;
            if (client.LastSession is { } earlier && !resumed) _sessions.Remove(earlier);
            _sessions.Add(session.Id);
            client.LastSession = session.Id;
            client.Current = connection;
            connection.Session = session;
            presence.Append(current is not null ? PresenceChange.Replaced : reconnected ? PresenceChange.Reconnected : PresenceChange.Connected, session, connection, CloseReason.None);
        }

        // It may have ended just before it was entered, by another thread that found no session to take out: see Leave.
        Interlocked.MemoryBarrier();
        if (connection.HasEnded) Leave(connection, now);
        return arrival;
    }

    /// <summary>A connection has ended. Changes nothing when a newer one has taken over, or when it was taken out before.</summary>
    public void Leave(GatewayConnection connection, long now)
    {
        // Pairs with the barrier in Enter: either the end is seen there, or the session is seen here.
        Interlocked.MemoryBarrier();
        if (connection.Session is not { } session) return;
        lock (_lock)
        {
            if (!_clients.TryGetValue(session.ClientId, out var client) || client.Current != connection) return;
            client.Current = null;
            client.LastByte = connection.Idle.LastRead;
            client.Departure = ++_departures;
            _gone.Enqueue(new Departure(client, client.Departure, now));
            _remembered++;
            presence.Append(PresenceChange.Disconnected, session, connection, connection.Reason);
            Forget(now);
        }
    }

    /// <summary>The connection of a client; null when it is not here.</summary>
    public GatewayConnection? Find(string clientId)
    {
        lock (_lock) return _clients.TryGetValue(clientId, out var client) ? client.Current : null;
    }

    /// <summary>Everybody who is here, and the number of the last change that this list reflects.</summary>
    public PresenceSnapshot Snapshot()
    {
        lock (_lock)
        {
            return new PresenceSnapshot(
                presence.LastSequence, [.. _clients.Values.Where(c => c.Current is not null).Select(c => ClientInfo.Of(c.Current!.Session!, c.Current!))]);
        }
    }

    private void Forget(long now)
    {
        while (_gone.TryPeek(out var oldest) && (now - oldest.At > _window || _remembered > _maxRemembered || _gone.Count > 2L * _maxRemembered))
        {
            _gone.Dequeue();
            // It came back since, and perhaps left again: then a later entry stands for it.
            if (oldest.Client.Current is not null || oldest.Client.Departure != oldest.Number) continue;
            _remembered--;
            _clients.Remove(oldest.Client.Id);
            _sessions.Remove(oldest.Client.LastSession!.Value);
            _highestForgotten = Math.Max(_highestForgotten, oldest.Client.Generation);
        }
    }

    private sealed class Client(string id)
    {
        public string Id { get; } = id;

        public GatewayConnection? Current { get; set; }

        public long Generation { get; set; }

        /// <summary>The session of the current connection or of the last one; null before the first.</summary>
        public Guid? LastSession { get; set; }

        public long LastByte { get; set; }

        /// <summary>Which departure its last one was.</summary>
        public long Departure { get; set; }
    }

    private readonly record struct Departure(Client Client, long Number, long At);
}
