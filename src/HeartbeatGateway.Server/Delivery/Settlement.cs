namespace HeartbeatGateway.Server.Delivery;

/// <summary>A message that has left its outbox, and its final result.</summary>
internal readonly record struct Settlement(OutgoingMessage Message, DeliveryResult Result);
