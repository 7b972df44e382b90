using System.Globalization;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Audit;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Api.Disconnects;

/// <summary>Closes connections of clients.</summary>
internal sealed class DisconnectEndpoints(ClusterDisconnects disconnects, AuditLog audit)
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapDelete("/clients/{id}", (string id, string? reason, string? retry, string? afterMs, HttpContext context, DisconnectEndpoints disconnects) =>
                disconnects.CloseOneAsync(id, reason, retry, afterMs, context))
            .AddEndpointFilter(KnownParameters.Of("reason", "retry", "afterMs")).Produces<DisconnectResult>()
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(502).ProducesProblem(503).ProducesProblem(504)
            .RequireScope(ApiScope.Admin).WithSummary("Closes the connection of a client, on whatever node.");
        api.MapPost("/disconnect", (HttpContext context, DisconnectEndpoints disconnects) => disconnects.CloseManyAsync(context))
            .Accepts<DisconnectBody>("application/json").Produces<DisconnectResults>().ProducesProblem(404)
            .RequireScope(ApiScope.Admin).WithSummary("Closes several connections on all nodes, with a result for each.");
    }

    private async Task<IResult> CloseOneAsync(string id, string? reason, string? retry, string? afterMs, HttpContext context)
    {
        if (!ClientId.IsValid(id)) return ApiProblem.BadRequest("invalid_client_id", $"'{ApiText.Quote(id)}' is not a client id.");
        if (retry is not (null or "true" or "false")) return ApiProblem.BadRequest("invalid_parameter", $"The parameter 'retry' is '{ApiText.Quote(retry)}', but must be true or false.");
        long? after = null;
        if (afterMs is not null)
        {
            if (!long.TryParse(afterMs, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)) return ApiProblem.BadRequest("invalid_parameter", $"The parameter 'afterMs' is '{ApiText.Quote(afterMs)}', but must be a whole number of milliseconds.");
            after = milliseconds;
        }

        bool? mayRetry = retry is null ? null : retry == "true";
        var how = Closing.Read(reason, mayRetry, after);
        try
        {
            var question = new DisconnectBody { Ids = [id], Reason = reason, Retry = mayRetry, AfterMs = after };
            var (result, kind, node) = await disconnects.CloseOneAsync(id, how, question, context.RequestAborted);
            audit.Record(ApiCaller.Of(context), "disconnect", id, result.Result == "closed" ? $"closed as {how.Reason.ToWireName()}" : result.Result);
            if (kind != NodeAnswerKind.Answered) return NodeProblems.Of(kind, node!, isChange: true);
            return result.Result == "closed"
                ? Results.Json(result, ApiJson.Default.DisconnectResult)
                : ApiProblem.NotFound("client_gone", $"The client '{id}' is not connected.");
        }
        catch (ClusterUnavailableException)
        {
            audit.Record(ApiCaller.Of(context), "disconnect", id, "cluster_unavailable");
            return NodeProblems.Unavailable();
        }
    }

    private async Task<IResult> CloseManyAsync(HttpContext context)
    {
        var body = await ApiBody.ReadAsync(context, ApiJson.Default.DisconnectBody);
        var results = await disconnects.CloseAsync(body, context.RequestAborted);
        if (!body.DryRun)
        {
            var reason = Closing.Read(body.Reason, body.Retry, body.AfterMs).Reason.ToWireName();
            audit.Record(ApiCaller.Of(context), "disconnect", TargetOf(body), $"{results.Closed} of {CountOf(body, results)} closed as {reason}{MissingOf(results)}");
        }

        return Results.Json(results, ApiJson.Default.DisconnectResults);
    }

    /// <summary>How many were asked for; with a filter, how many it chose.</summary>
    private static int CountOf(DisconnectBody body, DisconnectResults results) => body.Ids?.Count ?? body.ConnectionIds?.Count ?? results.Matched;

    private static string MissingOf(DisconnectResults results) => results.Incomplete is { Count: > 0 } missing ? $"; no answer from {ApiText.List(missing)}" : "";

    private static string TargetOf(DisconnectBody body) =>
        body.Ids is { } ids ? ApiText.List(ids)
        : body.ConnectionIds is { } connections ? $"connections {ApiText.List(connections)}"
        : ApiText.Quote($"{body.Filter}");
}
