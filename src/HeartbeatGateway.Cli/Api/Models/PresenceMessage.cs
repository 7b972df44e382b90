namespace HeartbeatGateway.Cli.Api.Models;

/// <summary>One change of one client's presence.</summary>
internal sealed record PresenceMessage(
    DateTimeOffset? Time, string? ClientId, string? ConnectionId, long? Generation, string? Address, string? Reason, string? Origin, string? Cause, string? PreviousConnectionId,
    string? Node);
