using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Presence;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Configuration;

namespace HeartbeatGateway.Api.Clients;

/// <summary>Lists clients, and shows one.</summary>
internal sealed class ClientEndpoints(
    ClientPages pages, ClientLists lists, CursorFormat cursors, NodeQuestions nodes, LastEvents last, TimeProvider timeProvider)
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/clients", ([AsParameters] ClientParameters parameters, HttpContext context, ClientEndpoints clients) => clients.ListAsync(parameters, context.RequestAborted))
            .AddEndpointFilter(KnownParameters.Of<ClientParameters>()).Produces<ClientListing>().ProducesProblem(400).ProducesProblem(404)
            .RequireScope(ApiScope.Read).WithSummary("Lists connections of all nodes, anonymous ones included.");
        api.MapGet("/clients/{id}", (string id, HttpContext context, ClientViews views) => views.ShowClientAsync(id, context.RequestAborted))
            .Produces<ConnectionDetails>().ProducesProblem(404).ProducesProblem(502).ProducesProblem(503).ProducesProblem(504)
            .RequireScope(ApiScope.Read).WithSummary("Shows a connected client, on whatever node.");
        api.MapGet("/connections/{connectionId}", (string connectionId, string? node, HttpContext context, ClientViews views) => views.ShowConnectionAsync(connectionId, node, context.RequestAborted))
            .AddEndpointFilter(KnownParameters.Of("node")).Produces<ConnectionDetails>().ProducesProblem(404).ProducesProblem(502).ProducesProblem(503).ProducesProblem(504)
            .RequireScope(ApiScope.Read).WithSummary("Shows a connection by the number that logs and lists of its node name it by.");
    }

    private async Task<IResult> ListAsync(ClientParameters parameters, CancellationToken cancellationToken)
    {
        if (nodes.IsCluster)
        {
            return Results.Json(await lists.ListAllAsync(parameters, last.Number, cancellationToken), ApiJson.Default.ClusterClientListing);
        }

        if (parameters.Node is { } node) await nodes.FindTargetsAsync(node, cancellationToken);
        var query = ClientQueryReader.Read(parameters, cursors);
        var name = ClientQueryReader.NameOf(parameters);
        var json = await pages.FindAsync(
            query, (page, pace) => ClientPageWriter.Write(page, page.Last is { } last ? cursors.Write(name, last) : null, timeProvider.GetUtcNow(), pace), cancellationToken);
        return Results.Stream(json, "application/json; charset=utf-8");
    }
}
