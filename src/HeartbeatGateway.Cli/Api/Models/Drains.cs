namespace HeartbeatGateway.Cli.Api.Models;

/// <summary>The state of a drain: none, draining or drained.</summary>
internal sealed record DrainState(
    string? State, DateTimeOffset? StartedAt, string? StartedBy, double? DurationSeconds, long? Connections, long? Closed, long? Remaining);

/// <summary>A drain to start; without a duration, that of the gateway's settings.</summary>
internal sealed record DrainBody(double? DurationSeconds);
