namespace HeartbeatGateway.Api.Nodes;

/// <summary>The nodes of the cluster; a gateway without a cluster is its only node.</summary>
/// <param name="Nodes">The nodes, ordered by name.</param>
/// <param name="IsDegraded">Redis cannot be reached now: these are the nodes that were known last.</param>
internal sealed record NodeListing(IReadOnlyList<NodeEntry> Nodes, bool IsDegraded);

/// <summary>A node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Epoch">Names its lease; new at each start, and after a lapsed lease.</param>
/// <param name="StartedAt">When it started, by its own clock; null while it is not known.</param>
/// <param name="Version">Its version; null while it is not known.</param>
/// <param name="IsSelf">It is the node that answers.</param>
/// <param name="IsAnswering">It answered the question for its figures.</param>
/// <param name="ConnectedClients">Connections that brought a valid frame; null when it did not answer.</param>
/// <param name="OpenConnections">Open connections; null when it did not answer.</param>
/// <param name="IsDraining">It refuses new connections and closes the open ones; null when it did not answer.</param>
internal sealed record NodeEntry(
    string Name, string Epoch, DateTimeOffset? StartedAt, string? Version, bool IsSelf, bool IsAnswering, int? ConnectedClients, int? OpenConnections, bool? IsDraining);

/// <summary>The cluster as a whole.</summary>
/// <param name="Node">The name of the node that answers.</param>
/// <param name="Nodes">Nodes with a valid lease, this one included.</param>
/// <param name="ConnectedClients">Connections of all nodes that brought a valid frame, without those of nodes that did not answer.</param>
/// <param name="IsDegraded">Redis cannot be reached now: hellos are welcomed without it, and nodes answer for their own clients.</param>
/// <param name="Incomplete">The nodes that did not answer; <c>*</c> while the nodes are not known.</param>
internal sealed record ClusterSummary(string Node, int Nodes, int ConnectedClients, bool IsDegraded, IReadOnlyList<string> Incomplete);
