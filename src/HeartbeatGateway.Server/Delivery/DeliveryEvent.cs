namespace HeartbeatGateway.Server.Delivery;

/// <summary>The end of one numbered message for a client. Each message that was accepted has exactly one.</summary>
/// <param name="Sequence">1, 2, 3, …; without gaps within one process.</param>
/// <param name="Time">The time, by the gateway's clock.</param>
/// <param name="MessageId">The message; see <see cref="MessageDelivery.MessageId"/>.</param>
/// <param name="ClientId">The client.</param>
/// <param name="Result"><see cref="DeliveryResult.Delivered"/>, <see cref="DeliveryResult.Expired"/> or <see cref="DeliveryResult.Dropped"/>.</param>
public sealed record DeliveryEvent(long Sequence, DateTimeOffset Time, string MessageId, string ClientId, DeliveryResult Result);
