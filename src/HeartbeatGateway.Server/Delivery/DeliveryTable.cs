namespace HeartbeatGateway.Server.Delivery;

/// <summary>Delivery state by client id.</summary>
internal sealed class DeliveryTable(Outboxes outboxes)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ClientDelivery> _clients = new(StringComparer.Ordinal);

    /// <summary>The state of a client, made at the first call.</summary>
    public ClientDelivery GetOrAdd(string clientId)
    {
        lock (_lock)
        {
            if (!_clients.TryGetValue(clientId, out var client)) _clients[clientId] = client = new ClientDelivery(clientId, outboxes);
            return client;
        }
    }

    /// <summary>The state of a client; null when there is none.</summary>
    public ClientDelivery? Find(string clientId)
    {
        lock (_lock) return _clients.GetValueOrDefault(clientId);
    }
}
