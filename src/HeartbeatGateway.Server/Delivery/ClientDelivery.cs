namespace HeartbeatGateway.Server.Delivery;

/// <summary>What delivery remembers of one client id: the numbers of its frames, and the frames for it that are not acknowledged.</summary>
internal sealed class ClientDelivery(string clientId, Outboxes outboxes)
{
    public string ClientId => clientId;

    public Outbox Outbox { get; } = new(outboxes);
}
