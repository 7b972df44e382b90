using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Api.Nodes;

/// <summary>Lists the nodes of the cluster.</summary>
internal static class NodeEndpoints
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/nodes", async (HttpContext context, NodeFigures figures) => Results.Json(await figures.ListAsync(context.RequestAborted), ApiJson.Default.NodeListing))
            .Produces<NodeListing>()
            .RequireScope(ApiScope.Read).WithSummary("Lists the nodes of the cluster with their figures.");
}
