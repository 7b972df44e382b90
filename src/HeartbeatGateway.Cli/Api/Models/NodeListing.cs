namespace HeartbeatGateway.Cli.Api.Models;

/// <summary>The nodes of a cluster.</summary>
internal sealed record NodeListing(IReadOnlyList<NodeEntry>? Nodes, bool? IsDegraded);

/// <summary>A node; its figures are null when it did not answer.</summary>
internal sealed record NodeEntry(
    string? Name, string? Epoch, DateTimeOffset? StartedAt, string? Version, bool? IsSelf, bool? IsAnswering, long? ConnectedClients, long? OpenConnections, bool? IsDraining);

/// <summary>The cluster as a whole, in the status of a node.</summary>
internal sealed record ClusterSummary(string? Node, long? Nodes, long? ConnectedClients, bool? IsDegraded, IReadOnlyList<string>? Incomplete);
