namespace HeartbeatGateway.Server.Delivery;

/// <summary>
/// Delivery state by client id: of clients with open connections, and of those that left within the reconnect window, up to a number. A state whose outbox
/// holds frames is kept. Under its lock it asks states only. Thread-safe.
/// </summary>
internal sealed class DeliveryTable(Outboxes outboxes, long window = long.MaxValue, int maxRemembered = int.MaxValue)
{
    /// <summary>Departures that one call looks at: states that have to be kept delay no caller.</summary>
    private const int MostExamined = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ClientDelivery> _clients = new(StringComparer.Ordinal);
    private readonly Queue<Departed> _departed = new();
    private readonly UnsettledCount _unsettled = new();
    private long _window = window;
    private int _maxRemembered = maxRemembered;
    private int _open;
    private long _departures;
    private long _now = long.MinValue;

    /// <summary>The number of clients that are remembered.</summary>
    public int Count
    {
        get { lock (_lock) return _clients.Count; }
    }

    /// <summary>Numbered messages that sinks have not settled.</summary>
    public long Unsettled => _unsettled.Value;

    /// <summary>Changes the limits; they hold from the next call on.</summary>
    public void Configure(long newWindow, int newMaxRemembered)
    {
        lock (_lock) (_window, _maxRemembered) = (newWindow, newMaxRemembered);
    }

    /// <summary>The state of a client, made at the first call. Without a connection it is remembered as if the client had just left.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="now">The current timestamp.</param>
    public ClientDelivery GetOrAdd(string clientId, long now)
    {
        lock (_lock)
        {
            Forget(now);
            if (_clients.TryGetValue(clientId, out var known)) return known;
            var client = Add(clientId);
            Depart(client);
            return client;
        }
    }

    /// <summary>The state of a client; null when there is none.</summary>
    public ClientDelivery? Find(string clientId)
    {
        lock (_lock) return _clients.GetValueOrDefault(clientId);
    }

    /// <summary>The state of a client that has an open connection, confirmed or not; null when there is none.</summary>
    public ClientDelivery? FindOpen(string clientId)
    {
        lock (_lock) return _clients.GetValueOrDefault(clientId) is { Connections: > 0 } client ? client : null;
    }

    /// <summary>A connection of a client was opened: until <see cref="Leave"/> the state is kept.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="now">The current timestamp.</param>
    public ClientDelivery Enter(string clientId, long now)
    {
        lock (_lock)
        {
            Forget(now);
            if (!_clients.TryGetValue(clientId, out var client)) client = Add(clientId);
            if (client.Connections++ == 0) _open++;
            return client;
        }
    }

    /// <summary>A connection has ended.</summary>
    /// <param name="client">The state that it entered.</param>
    /// <param name="now">The current timestamp.</param>
    public void Leave(ClientDelivery client, long now)
    {
        lock (_lock)
        {
            Forget(now);
            if (--client.Connections > 0) return;
            _open--;
            // A hello that was never confirmed leaves nothing, so it cannot make other clients forgotten.
            if (client.Departure == 0 && client.TryRetireBlank()) _clients.Remove(client.ClientId);
            else Depart(client);
        }
    }

    private ClientDelivery Add(string clientId) => _clients[clientId] = new ClientDelivery(clientId, _unsettled, outboxes);

    private void Depart(ClientDelivery client)
    {
        client.Departure = ++_departures;
        _departed.Enqueue(new Departed(client, client.Departure, _now));
    }

    private void Forget(long now)
    {
        _now = now;
        for (var i = 0; i < MostExamined && _departed.TryPeek(out var oldest) && (oldest.At == long.MinValue || now - oldest.At > _window || _clients.Count - _open > _maxRemembered || _departed.Count > 2L * _maxRemembered); i++)
        {
            _departed.Dequeue();
            var client = oldest.Client;
            // It has come back since, and perhaps left again: then a later entry stands for it.
            if (client.Connections > 0 || client.Departure != oldest.Number) continue;
            if (oldest.At == long.MinValue || !client.Outbox.TryRetire()) Depart(client);
            else _clients.Remove(client.ClientId);
        }
    }

    private readonly record struct Departed(ClientDelivery Client, long Number, long At);
}
