namespace HeartbeatGateway.Server.Delivery;

/// <summary>A message that has left its outbox, and its final result.</summary>
/// <param name="Message">The message.</param>
/// <param name="Result">The result.</param>
/// <param name="WasKept">It has a place in the bound of all clients, which is free now. False when it was not adopted for want of one.</param>
internal readonly record struct Settlement(OutgoingMessage Message, DeliveryResult Result, bool WasKept = true);
