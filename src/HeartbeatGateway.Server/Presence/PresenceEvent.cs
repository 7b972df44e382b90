using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Server.Presence;

/// <summary>One change of one client's presence. Events of all clients are numbered in the order in which they happened.</summary>
/// <param name="Sequence">1, 2, 3, …; without gaps within one process.</param>
/// <param name="Change">What happened.</param>
/// <param name="Client">Whom it happened to, and on which connection.</param>
/// <param name="Reason">Why it is gone; <see cref="CloseReason.None"/> for the other changes.</param>
/// <param name="Time">When, by the gateway's clock.</param>
public sealed record PresenceEvent(long Sequence, PresenceChange Change, ClientInfo Client, CloseReason Reason, DateTimeOffset Time);
