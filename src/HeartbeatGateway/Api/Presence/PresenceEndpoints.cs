using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;

namespace HeartbeatGateway.Api.Presence;

/// <summary>Who is connected, and what changes.</summary>
internal sealed class PresenceEndpoints(IHeartbeatGateway gateway, ClientPages clients, StreamEventId ids, EventStream stream)
{
    private const string SnapshotPath = "/api/v1/presence";

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/presence", (HttpContext context, PresenceEndpoints presence) => presence.ShowAsync(context.RequestAborted))
            .Produces<PresenceListing>()
            .RequireScope(ApiScope.Read).WithSummary("The connected clients with an identity, and where to follow the events from.");
        api.MapGet("/events", (HttpContext context, PresenceEndpoints presence) => presence.FollowAsync(context))
            .Produces(StatusCodes.Status200OK, contentType: ServerSentReaders.ContentType).ProducesProblem(410).ProducesProblem(503)
            .RequireScope(ApiScope.Read).WithSummary("Server-sent events of clients that connect, reconnect, are replaced and disconnect. The header Last-Event-ID resumes.");
    }

    private async Task<IResult> ShowAsync(CancellationToken cancellationToken)
    {
        // It copies all clients, so it takes one of the turns of walks.
        var snapshot = await clients.TakeTurnAsync(gateway.TakePresenceSnapshot, cancellationToken);
        return Results.Json(new PresenceListing(snapshot.Sequence, ids.Write(snapshot.Sequence), snapshot.Clients.Select(PresentClient.Of)), ApiJson.Default.PresenceListing);
    }

    private Task<IResult> FollowAsync(HttpContext context) => stream.RunAsync(context, $"the id of an event, or 'lastEventId' of {SnapshotPath}", Gone);

    private static Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult Gone(string why)
    {
        var problem = ApiProblem.Create(StatusCodes.Status410Gone, "events_gone", $"The event of Last-Event-ID {why}. Read {SnapshotPath} and follow from its lastEventId.");
        problem.ProblemDetails.Extensions["snapshot"] = SnapshotPath;
        return problem;
    }
}
