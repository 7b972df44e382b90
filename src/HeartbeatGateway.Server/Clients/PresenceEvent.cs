using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Disconnects;

namespace HeartbeatGateway.Server.Clients;

/// <summary>One change of one client's presence. Events of all clients are numbered in the order in which they happened.</summary>
/// <param name="Sequence">1, 2, 3, …; without gaps within one process.</param>
/// <param name="Change">The change.</param>
/// <param name="Client">The client, and its connection.</param>
/// <param name="Reason">Why it disconnected; <see cref="CloseReason.None"/> for the other changes.</param>
/// <param name="Time">The time, by the gateway's clock.</param>
public sealed record PresenceEvent(long Sequence, PresenceChange Change, ClientInfo Client, CloseReason Reason, DateTimeOffset Time)
{
    /// <summary>What the timeout that disconnected it was caused by; null for other reasons and other changes.</summary>
    public TimeoutCause? Cause { get; init; }

    /// <summary>Whose doing the disconnect was; null for other changes.</summary>
    public DisconnectOrigin? Origin => Reason == CloseReason.None ? null : DisconnectOrigins.Of(Reason, Cause);

    /// <summary>
    /// The client's connection before this one: the one that was replaced, or the last one before a reconnect. Null when it had none, when it is not
    /// remembered, and for <see cref="PresenceChange.Disconnected"/>.
    /// </summary>
    public ConnectionId? PreviousConnectionId { get; init; }
}
