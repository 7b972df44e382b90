using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>
/// Makes messages of what another node, or the directory, has kept of a client. What cannot be read is logged and ignored. A message that this node has accepted
/// itself is the one that its caller waits for.
/// </summary>
internal readonly struct DeliveryAdoption(string clientId, Outboxes outboxes, long now)
{
    /// <summary>Reads what was given up; null for nothing.</summary>
    public StoredDelivery? Read(ReadOnlyMemory<byte> delivery)
    {
        if (delivery.IsEmpty) return null;
        var stored = DeliveryFormat.Read(delivery);
        if (stored is null) outboxes.Context.Logger.DeliveryUnreadable(clientId, delivery.Length, "numbering and unacknowledged messages");
        return stored;
    }

    /// <summary>The messages that were given up, with their numbering.</summary>
    /// <param name="stored">What was given up.</param>
    /// <param name="age">How long ago.</param>
    public MovedOutbox OutboxOf(StoredDelivery stored, TimeSpan age)
    {
        var messages = new List<OutgoingMessage>(stored.Messages?.Count ?? 0);
        foreach (var message in stored.Messages ?? []) Add(messages, message, TimeSpan.FromMilliseconds(message.LeftMs) - age);
        return new MovedOutbox(stored.Pushes!, stored.Highest, messages);
    }

    /// <summary>The messages that were held.</summary>
    public IReadOnlyList<OutgoingMessage> ReadHeld(IReadOnlyList<ClusterHeldMessage> held)
    {
        if (held.Count == 0) return [];
        var messages = new List<OutgoingMessage>(held.Count);
        foreach (var (bytes, left) in held)
        {
            if (DeliveryFormat.ReadHeld(bytes) is { } message) Add(messages, message, TimeSpan.FromMilliseconds(Math.Min(message.LeftMs, left.TotalMilliseconds)));
            else outboxes.Context.Logger.DeliveryUnreadable(clientId, bytes.Length, "a held message");
        }

        return messages;
    }

    private void Add(List<OutgoingMessage> messages, StoredMessage stored, TimeSpan left)
    {
        if (!outboxes.Ids.TryRead(stored.Id, out var ids, out var number)) return;
        var origin = stored.Origin ?? "";
        MessageDelivery? delivery = null;
        if (ids == outboxes.Ids)
        {
            // When its caller was told an end meanwhile, the message is sent all the same, and has no other end.
            delivery = outboxes.Away.Take(number);
            origin = delivery is null ? "" : null;
        }

        delivery ??= new MessageDelivery(ids, number, clientId, isNumbered: true);
        var deadline = now + outboxes.Context.TimeProvider.ToTimestampUnits(left);
        messages.Add(new OutgoingMessage(delivery, stored.Type, stored.Content, deadline) { Origin = origin, Number = stored.Number });
    }
}
