using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// Sends messages to clients by their ids: numbered through the client's outbox when its connection was granted the feature <c>ack</c>, else on its
/// connection as any frame. Thread-safe.
/// </summary>
internal sealed class ClientPushes(EngineContext context, ConnectionTable table, ClientDirectory directory, DeliveryTable deliveries, Outboxes outboxes)
{
    /// <summary>Sends a message, or holds it for a client that is away.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="push">The message.</param>
    /// <param name="ttl">How long it is kept until it is acknowledged, and held for a client that is away; null: it is not held.</param>
    public MessageDelivery Deliver(string clientId, Push push, TimeSpan? ttl)
    {
        var mayHold = ttl is not null && ClientId.IsValid(clientId);
        if (deliveries.Find(clientId)?.Outbox.IsAttached == true && Add(clientId, push, ttl, mayHold) is { } numbered) return numbered;
        var connection = directory.Find(clientId) is { } found ? table.Find(found.Id) : null;
        // Registered, and about to be attached to the outbox or already at its end: its messages are numbered ones in any case.
        if (connection?.Session?.GrantedFeatures.Contains(ProtocolFeatures.Ack) == true) mayHold = true;
        else if (push.To(connection) is var sent and not SendResult.NotConnected) return Settled(clientId, sent == SendResult.Accepted ? DeliveryResult.Queued : DeliveryResult.Slow);
        return (mayHold ? Add(clientId, push, ttl, mayHold) : null) ?? Settled(clientId, DeliveryResult.Gone);
    }

    /// <summary>The result as <see cref="IHeartbeatGateway.SendToClient"/> tells it.</summary>
    public static SendResult ResultOf(MessageDelivery delivery) => delivery.Result switch
    {
        DeliveryResult.Slow => SendResult.TooMuchPending,
        DeliveryResult.Gone => SendResult.NotConnected,
        _ => SendResult.Accepted,
    };

    /// <returns>Null when the client is not connected and the message may not be held, or the gateway has stopped.</returns>
    private MessageDelivery? Add(string clientId, Push push, TimeSpan? ttl, bool mayHold)
    {
        var delivery = new MessageDelivery(outboxes.Ids, clientId, isNumbered: true);
        var keep = ttl is { } given ? context.TimeProvider.ToTimestampUnits(given) : context.Settings.KeepUnacknowledged;
        var message = new OutgoingMessage(delivery, push.Type, push.OwnContent, context.Now + keep);
        while (true)
        {
            switch (deliveries.GetOrAdd(clientId, context.Now).Outbox.Add(message, mayHold))
            {
                case OutboxAdmission.Taken: return delivery;
                case OutboxAdmission.Full: return Settled(clientId, DeliveryResult.Slow);
                case OutboxAdmission.NotConnected: return null;
            }
        }
    }

    private MessageDelivery Settled(string clientId, DeliveryResult result) => new MessageDelivery(outboxes.Ids, clientId, isNumbered: false).Settle(result);
}
