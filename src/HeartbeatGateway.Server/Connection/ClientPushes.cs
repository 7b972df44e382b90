using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// Sends messages to clients by their ids: numbered through the client's outbox when its connection was granted the feature <c>ack</c>, else on its
/// connection as any frame. Thread-safe.
/// </summary>
internal sealed class ClientPushes(EngineContext context, ConnectionTable table, ClientDirectory directory, DeliveryTable deliveries, Outboxes outboxes, ClusterRoster? roster = null)
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

    /// <summary>
    /// Sends a message to a client that has a connection to this node. It is held only for one whose connection is open and not confirmed yet, if the cluster's
    /// directory says that it is here: others may connect to another node.
    /// </summary>
    /// <param name="clientId">The client.</param>
    /// <param name="push">The message.</param>
    /// <param name="ttl">How long it is kept until it is acknowledged; null: for the time of the settings, and it is not held.</param>
    /// <param name="name">Names the message.</param>
    /// <param name="isEntered">The directory says that the client is connected here.</param>
    /// <returns>Null when the client is not connected here.</returns>
    public MessageDelivery? DeliverHere(string clientId, Push push, TimeSpan? ttl, MessageName name, bool isEntered)
    {
        if (deliveries.Find(clientId)?.Outbox.IsAttached == true && AddHere(clientId, push, ttl, mayHold: false, name) is { } numbered) return numbered;
        var connection = directory.Find(clientId) is { } found ? table.Find(found.Id) : null;
        var mayHold = connection?.Session?.GrantedFeatures.Contains(ProtocolFeatures.Ack) == true;
        if (!mayHold && push.To(connection) is var sent and not SendResult.NotConnected) return name.Settled(clientId, sent == SendResult.Accepted ? DeliveryResult.Queued : DeliveryResult.Slow);
        if (mayHold || (isEntered && ttl is not null)) return AddHere(clientId, push, ttl, mayHold: true, name, isEntered);
        return null;
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
        var message = MessageOf(clientId, push, ttl, MessageName.New(outboxes));
        while (true)
        {
            switch (deliveries.GetOrAdd(clientId, context.Now).Outbox.Add(message, mayHold))
            {
                case OutboxAdmission.Taken: return message.Delivery;
                case OutboxAdmission.Full: return Settled(clientId, DeliveryResult.Slow);
                case OutboxAdmission.NotConnected: return null;
            }
        }
    }

    private MessageDelivery? AddHere(string clientId, Push push, TimeSpan? ttl, bool mayHold, MessageName name, bool isEntered = false)
    {
        var message = MessageOf(clientId, push, ttl, name);
        while (true)
        {
            // The directory knows of a hello before its answer is here.
            var isAwaited = isEntered && roster?.IsAwaited(clientId) == true;
            if ((isAwaited ? deliveries.GetOrAdd(clientId, context.Now) : deliveries.FindOpen(clientId)) is not { } client) return null;
            switch (client.Outbox.Add(message, mayHold, unlessGivenUp: !isAwaited))
            {
                case OutboxAdmission.Taken: return message.Delivery;
                case OutboxAdmission.Full: return name.Settled(clientId, DeliveryResult.Slow);
                case OutboxAdmission.NotConnected: return null;
            }
        }
    }

    private OutgoingMessage MessageOf(string clientId, Push push, TimeSpan? ttl, MessageName name) =>
        new(name.Open(clientId), push.Type, push.OwnContent, outboxes.DeadlineOf(ttl)) { Origin = name.Origin };

    private MessageDelivery Settled(string clientId, DeliveryResult result) => MessageName.New(outboxes).Settled(clientId, result);
}
