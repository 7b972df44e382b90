using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Api.Disconnects;

/// <summary>Shows the connections that ended.</summary>
internal sealed class HistoryEndpoints(DisconnectLists lists, CursorFormat cursors, NodeQuestions nodes)
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/disconnects", ([AsParameters] HistoryParameters parameters, HttpContext context, HistoryEndpoints history) => history.ListAsync(parameters, context.RequestAborted))
            .AddEndpointFilter(KnownParameters.Of<HistoryParameters>()).Produces<DisconnectListing>().ProducesProblem(400).ProducesProblem(404)
            .RequireScope(ApiScope.Read).WithSummary("Lists the latest ended connections of all nodes with reason, origin and post-mortem, the newest first.");

    private async Task<IResult> ListAsync(HistoryParameters parameters, CancellationToken cancellationToken)
    {
        if (nodes.IsCluster) return Results.Json(await lists.ListAllAsync(parameters, cancellationToken), ApiJson.Default.ClusterDisconnectListing);
        if (parameters.Node is { } node) await nodes.FindTargetsAsync(node, cancellationToken);
        var query = HistoryQueryReader.Read(parameters, cursors);
        var found = await lists.FindAsync(query, cancellationToken);
        var page = found.Count > query.Limit ? found[..query.Limit] : found;
        var next = found.Count > query.Limit ? cursors.WriteNumber(HistoryQueryReader.NameOf(parameters), page[^1].Number) : null;
        return Results.Json(new DisconnectListing(page.ConvertAll(record => DisconnectEntry.Of(record)), next), ApiJson.Default.DisconnectListing);
    }
}
