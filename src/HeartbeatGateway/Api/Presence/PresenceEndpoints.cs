using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HeartbeatGateway.Api.Presence;

/// <summary>Who is connected, and what changes.</summary>
internal sealed class PresenceEndpoints(
    IHeartbeatGateway gateway, ClientPages clients, PresencePages pages, LastEvents last, EventStream stream, ClusterEventStream clusterStream, NodeQuestions nodes)
{
    private const string SnapshotPath = "/api/v1/presence";

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/presence", (string? node, HttpContext context, PresenceEndpoints presence) => presence.ShowAsync(node, context.RequestAborted))
            .AddEndpointFilter(KnownParameters.Of("node")).Produces<PresenceListing>().ProducesProblem(404)
            .RequireScope(ApiScope.Read).WithSummary("The connected clients of all nodes with an identity, and where to follow the events from.");
        api.MapGet("/events", (HttpContext context, PresenceEndpoints presence) => presence.FollowAsync(context))
            .Produces(StatusCodes.Status200OK, contentType: ServerSentReaders.ContentType).ProducesProblem(410).ProducesProblem(503)
            .RequireScope(ApiScope.Read).WithSummary("Server-sent events of clients that connect, reconnect, are replaced and disconnect. The header Last-Event-ID resumes.");
    }

    private async Task<IResult> ShowAsync(string? node, CancellationToken cancellationToken)
    {
        if (nodes.IsCluster) return await ShowAllAsync(node, cancellationToken);
        if (node is not null) await nodes.FindTargetsAsync(node, cancellationToken);
        // It copies all clients, so it takes one of the turns of walks.
        var snapshot = await clients.TakeTurnAsync(gateway.TakePresenceSnapshot, cancellationToken);
        return Results.Json(new PresenceListing(snapshot.Sequence, last.IdOf(snapshot.Sequence), snapshot.Clients.Select(PresentClient.Of)), ApiJson.Default.PresenceListing);
    }

    /// <summary>The nodes are asked rather than the directory: they know their clients also while Redis is away.</summary>
    private async Task<IResult> ShowAllAsync(string? node, CancellationToken cancellationToken)
    {
        // Before the clients: an event may come again that they reflect already, but none is left out.
        var number = last.Number;
        var targets = await nodes.FindTargetsAsync(node, cancellationToken);
        var incomplete = new List<string>();
        return Results.Json(
            new ClusterPresenceListing(number, last.IdOf(number), pages.WalkAsync(targets, incomplete, cancellationToken), incomplete), ApiJson.Default.ClusterPresenceListing);
    }

    private Task<IResult> FollowAsync(HttpContext context)
    {
        var anEventId = $"the id of an event, or 'lastEventId' of {SnapshotPath}";
        return nodes.IsCluster ? clusterStream.RunAsync(context, anEventId, GoneInCluster) : stream.RunAsync(context, anEventId, Gone);
    }

    private static ProblemHttpResult Gone(string why)
    {
        var problem = ApiProblem.Create(StatusCodes.Status410Gone, "events_gone", $"The event of Last-Event-ID {why}. Read {SnapshotPath} and follow from its lastEventId.");
        problem.ProblemDetails.Extensions["snapshot"] = SnapshotPath;
        return problem;
    }

    private static ProblemHttpResult GoneInCluster(string why) => Gone($"{why}, or is of another node's stream");
}
