namespace HeartbeatGateway.Server.Clients;

/// <summary>The connected clients with an identity at one moment.</summary>
/// <param name="Sequence">The last event that it reflects: follow from here without gap or overlap.</param>
/// <param name="Clients">The clients, in no order.</param>
public sealed record PresenceSnapshot(long Sequence, IReadOnlyList<ClientInfo> Clients);
