namespace HeartbeatGateway.Server.Delivery;

/// <summary>Names a message before anything has become of it.</summary>
/// <param name="Ids">The ids of the process that has accepted it first.</param>
/// <param name="Number">Its number there.</param>
/// <param name="Origin">The epoch of the node that is told the result; null for this one.</param>
internal readonly record struct MessageName(DeliveryIds Ids, long Number, string? Origin)
{
    /// <summary>Names a message of this process.</summary>
    public static MessageName New(Outboxes outboxes) => new(outboxes.Ids, outboxes.Ids.Next(), null);

    /// <summary>A message that its client acknowledges.</summary>
    public MessageDelivery Open(string clientId) => new(Ids, Number, clientId, isNumbered: true);

    /// <summary>A message whose result is final.</summary>
    public MessageDelivery Settled(string clientId, DeliveryResult result) => new MessageDelivery(Ids, Number, clientId, isNumbered: false).Settle(result);
}
