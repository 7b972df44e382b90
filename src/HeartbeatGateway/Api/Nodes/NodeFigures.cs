using HeartbeatGateway.Cluster;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Telemetry;

namespace HeartbeatGateway.Api.Nodes;

/// <summary>The figures of all nodes. Made before the first connection: it says since when the gateway runs.</summary>
internal sealed class NodeFigures(GatewayEngine gateway, NodeQuestions nodes, TimeProvider timeProvider)
{
    private readonly DateTimeOffset _startedAt = ApiTime.Of(timeProvider.GetUtcNow());

    /// <summary>This node's figures.</summary>
    public NodeStatus Here() => new(ServiceMetrics.Version, _startedAt, gateway.ConnectedClients, gateway.OpenConnections, gateway.IsDraining);

    /// <summary>All nodes with their figures.</summary>
    public async Task<NodeListing> ListAsync(CancellationToken cancellationToken)
    {
        var (targets, answers) = await AskAsync(cancellationToken);
        var byEpoch = answers.Answers.ToDictionary(a => a.Node.Epoch, a => a.Answer, StringComparer.Ordinal);
        var entries = targets.Others.Select(node => Describe(node, byEpoch.GetValueOrDefault(node.Epoch), isSelf: false)).Append(Describe(nodes.Self, Here(), isSelf: true));
        return new NodeListing([.. entries.OrderBy(e => e.Name, StringComparer.Ordinal).ThenBy(e => e.Epoch, StringComparer.Ordinal)], IsDegraded(targets));
    }

    /// <summary>The cluster as a whole; null without one.</summary>
    public async Task<ClusterSummary?> SumAsync(CancellationToken cancellationToken)
    {
        if (!nodes.IsCluster) return null;
        var (targets, answers) = await AskAsync(cancellationToken);
        return new ClusterSummary(
            nodes.Self.Name, targets.Others.Count + 1, gateway.ConnectedClients + answers.Answers.Sum(a => a.Answer.ConnectedClients), IsDegraded(targets), answers.Incomplete);
    }

    private static NodeEntry Describe(ClusterNode node, NodeStatus? status, bool isSelf) => new(
        node.Name, node.Epoch, status?.StartedAt ?? (node.StartedAt is { } started ? ApiTime.Of(started) : (DateTimeOffset?)null), status?.Version ?? node.Version, isSelf, status is not null, status?.ConnectedClients, status?.OpenConnections, status?.IsDraining);

    private bool IsDegraded(NodeTargets targets) => nodes.IsDegraded || !targets.IsKnown;

    private async Task<(NodeTargets Targets, NodeAnswers<NodeStatus> Answers)> AskAsync(CancellationToken cancellationToken)
    {
        var targets = await nodes.FindTargetsAsync(null, cancellationToken);
        return (targets, await nodes.AskAllAsync(NodeVerb.Status, new StatusQuestion(), targets, cancellationToken));
    }
}
