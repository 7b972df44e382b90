using HeartbeatGateway.Api;
using HeartbeatGateway.Server.Clusters;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HeartbeatGateway.Cluster;

/// <summary>The API's errors about other nodes.</summary>
internal static class NodeProblems
{
    /// <summary>The directory cannot be reached, so it is not known where a client is.</summary>
    public static ProblemHttpResult Unavailable() => ApiProblem.Create(
        StatusCodes.Status503ServiceUnavailable, "cluster_unavailable", "Redis cannot be reached now, so other nodes cannot be found. This node answers for its own clients; try again later.");

    /// <summary>A node has not answered a question.</summary>
    /// <param name="kind">What became of the question.</param>
    /// <param name="node">The node.</param>
    /// <param name="isChange">The question asked for a change, which may have been made.</param>
    public static ProblemHttpResult Of(NodeAnswerKind kind, ClusterNode node, bool isChange) => kind switch
    {
        NodeAnswerKind.Unreachable => ApiProblem.Create(
            StatusCodes.Status503ServiceUnavailable, "node_unreachable", $"The node '{node.Name}' cannot be reached, so nothing was done. The client is elsewhere or gone within seconds; try again then."),
        NodeAnswerKind.Unknown => ApiProblem.Create(
            StatusCodes.Status504GatewayTimeout, "node_unknown", $"The node '{node.Name}' did not answer in time. {(isChange ? "It may have done what was asked. " : "")}Try again."),
        _ => ApiProblem.Create(
            StatusCodes.Status502BadGateway, "node_failed", $"The node '{node.Name}' could not answer; its log says why. Nodes of different versions may not understand each other."),
    };

    /// <summary>The result of a single item of a list for which a node has not answered.</summary>
    public static string NameOf(NodeAnswerKind kind) => kind switch
    {
        NodeAnswerKind.Unreachable => "node_unreachable",
        NodeAnswerKind.Unknown => "unknown",
        _ => "node_failed",
    };
}
