namespace HeartbeatGateway.Cli.Api.Models;

/// <summary>The gateway at one moment.</summary>
internal sealed record GatewayStatus(
    string? Version, DateTimeOffset? StartedAt, double? UptimeSeconds, bool? IsStopping, bool? IsDraining, long? ConnectedClients, long? OpenConnections, long? Watermark, string? Caller,
    string? Scope, ClusterSummary? Cluster);

/// <summary>The settings in force.</summary>
internal sealed record ConfigListing(IReadOnlyList<ConfigOption>? Options);

/// <summary>One setting; the value is null when it is not shown.</summary>
internal sealed record ConfigOption(string? Name, string? Value, bool? IsSet, bool? IsShown, string? Origin);
