namespace HeartbeatGateway.Server.Delivery;

/// <summary>What one node gives up of an <see cref="Outbox"/>, and another one adopts.</summary>
/// <param name="Numbering">The name of the numbering.</param>
/// <param name="Highest">The highest number that was sent.</param>
/// <param name="Messages">The messages that are not acknowledged, in order; those with numbers first.</param>
internal sealed record MovedOutbox(string Numbering, long Highest, IReadOnlyList<OutgoingMessage> Messages);
