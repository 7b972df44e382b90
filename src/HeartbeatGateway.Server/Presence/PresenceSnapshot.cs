namespace HeartbeatGateway.Server.Presence;

/// <summary>Who is here at one moment.</summary>
/// <param name="Sequence">The last event that is in it: follow from here without gap or overlap.</param>
/// <param name="Clients">The clients, in no order.</param>
public sealed record PresenceSnapshot(long Sequence, IReadOnlyList<ClientInfo> Clients);
