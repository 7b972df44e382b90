using System.Globalization;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Audit;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Api.Disconnects;

/// <summary>Closes connections of clients.</summary>
internal sealed class DisconnectEndpoints(IHeartbeatGateway gateway, ClientPages clients, AuditLog audit)
{
    private const int MaxIds = 1000;
    private const long MaxAfterMs = 24 * 60 * 60 * 1000;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapDelete("/clients/{id}", (string id, string? reason, string? retry, string? afterMs, HttpContext context, DisconnectEndpoints disconnects) =>
                disconnects.CloseOne(id, reason, retry, afterMs, context))
            .AddEndpointFilter(KnownParameters.Of("reason", "retry", "afterMs")).Produces<DisconnectResult>().ProducesProblem(400).ProducesProblem(404)
            .RequireScope(ApiScope.Admin).WithSummary("Closes the connection of a client.");
        api.MapPost("/disconnect", (HttpContext context, DisconnectEndpoints disconnects) => disconnects.CloseManyAsync(context))
            .Accepts<DisconnectBody>("application/json").Produces<DisconnectResults>()
            .RequireScope(ApiScope.Admin).WithSummary("Closes several connections, with a result for each.");
    }

    private IResult CloseOne(string id, string? reason, string? retry, string? afterMs, HttpContext context)
    {
        if (!ClientId.IsValid(id)) return ApiProblem.BadRequest("invalid_client_id", $"'{ApiText.Quote(id)}' is not a client id.");
        if (retry is not (null or "true" or "false")) return ApiProblem.BadRequest("invalid_parameter", $"The parameter 'retry' is '{ApiText.Quote(retry)}', but must be true or false.");
        long? after = null;
        if (afterMs is not null)
        {
            if (!long.TryParse(afterMs, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)) return ApiProblem.BadRequest("invalid_parameter", $"The parameter 'afterMs' is '{ApiText.Quote(afterMs)}', but must be a whole number of milliseconds.");
            after = milliseconds;
        }

        var how = Closing.Read(reason, retry is null ? null : retry == "true", after);
        var connection = gateway.FindClient(id);
        var isClosed = connection is not null && gateway.Close(connection.ConnectionId, how.Reason, how.Retry, how.After);
        audit.Record(ApiCaller.Of(context), "disconnect", id, isClosed ? $"closed as {how.Reason.ToWireName()}" : "gone");
        return isClosed
            ? Results.Json(new DisconnectResult($"{connection!.ConnectionId}", id, "closed"), ApiJson.Default.DisconnectResult)
            : ApiProblem.NotFound("client_gone", $"The client '{id}' is not connected.");
    }

    private async Task<IResult> CloseManyAsync(HttpContext context)
    {
        var body = await ApiBody.ReadAsync(context, ApiJson.Default.DisconnectBody);
        var how = Closing.Read(body.Reason, body.Retry, body.AfterMs);
        var given = (body.Ids is null ? 0 : 1) + (body.ConnectionIds is null ? 0 : 1) + (body.Filter is null ? 0 : 1);
        if (given != 1) return ApiProblem.BadRequest("invalid_choice", "Give exactly one of the fields 'ids', 'connectionIds' and 'filter'.");
        var results = body.Ids is { } ids ? CloseIds(ids, how, body.DryRun)
            : body.ConnectionIds is { } connections ? await CloseConnectionsAsync(connections, how, body.DryRun, context.RequestAborted)
            : await CloseMatchingAsync(body.Filter!, how, body.DryRun, context.RequestAborted);
        var closed = results.Count(r => r.Result == "closed");
        var matched = results.Count(r => r.Result != "gone");
        if (!body.DryRun) audit.Record(ApiCaller.Of(context), "disconnect", TargetOf(body), $"{closed} of {results.Count} closed as {how.Reason.ToWireName()}");
        return Results.Json(new DisconnectResults(matched, closed, [.. results.Take(MaxIds)]), ApiJson.Default.DisconnectResults);
    }

    private List<DisconnectResult> CloseIds(IReadOnlyList<string> ids, Closing how, bool dryRun)
    {
        Demand(ids, "ids", ClientId.IsValid, "a client id");
        return [.. ids.Select(id => gateway.FindClient(id) is { } client ? Close(client.ConnectionId, id, how, dryRun) : new DisconnectResult(null, id, "gone"))];
    }

    private async Task<List<DisconnectResult>> CloseConnectionsAsync(IReadOnlyList<string> ids, Closing how, bool dryRun, CancellationToken cancellationToken)
    {
        Demand(ids, "connectionIds", id => uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out _), "the number of a connection");
        var numbers = ids.Select(id => uint.Parse(id, CultureInfo.InvariantCulture)).ToHashSet();
        var open = await clients.WalkAsync(all => all.Where(c => numbers.Contains(c.Id.Sequence)).ToDictionary(c => c.Id.Sequence), cancellationToken);
        return [.. ids.Select(id => open.TryGetValue(uint.Parse(id, CultureInfo.InvariantCulture), out var c) ? Close(c.Id, c.ClientId, how, dryRun) : new DisconnectResult(id, null, "gone"))];
    }

    private Task<List<DisconnectResult>> CloseMatchingAsync(FilterBody body, Closing how, bool dryRun, CancellationToken cancellationToken)
    {
        var filter = ClientQueryReader.ReadFilter(new ClientParameters
        {
            Prefix = body.Prefix,
            Address = body.Address,
            State = body.State,
            Key = body.Key,
            ConnectedBefore = body.ConnectedBefore,
            ConnectedAfter = body.ConnectedAfter,
            IdleLongerThan = body.IdleLongerThan?.ToString(CultureInfo.InvariantCulture),
        });
        if (filter.IsEmpty) throw new ApiProblemException(ApiProblem.BadRequest("empty_filter", "The filter has no condition, so it would close every connection; give one, for example \"state\": \"connected\"."));
        return clients.ChooseAsync(filter, chosen => chosen.Where(c => c.State != ConnectionState.Closing).Select(c => Close(c.Id, c.ClientId, how, dryRun)).ToList(), cancellationToken);
    }

    private DisconnectResult Close(ConnectionId id, string? clientId, Closing how, bool dryRun) =>
        new($"{id}", clientId, dryRun ? "matched" : gateway.Close(id, how.Reason, how.Retry, how.After) ? "closed" : "gone");

    private static void Demand(IReadOnlyList<string> ids, string field, Func<string, bool> isValid, string what)
    {
        if (ids.Count is 0 or > MaxIds) throw new ApiProblemException(ApiProblem.BadRequest("invalid_ids", $"The field '{field}' holds {ids.Count} items, but must hold 1 to {MaxIds}."));
        if (ids.FirstOrDefault(id => !isValid(id)) is { } wrong) throw new ApiProblemException(ApiProblem.BadRequest("invalid_ids", $"The field '{field}' holds '{ApiText.Quote(wrong)}', which is not {what}."));
    }

    private static string TargetOf(DisconnectBody body) =>
        body.Ids is { } ids ? ApiText.List(ids)
        : body.ConnectionIds is { } connections ? $"connections {ApiText.List(connections)}"
        : ApiText.Quote($"{body.Filter}");

    /// <summary>How connections are closed.</summary>
    private sealed record Closing(CloseReason Reason, bool? Retry, TimeSpan? After)
    {
        public static Closing Read(string? reason, bool? retry, long? afterMs)
        {
            CloseReason read = reason switch
            {
                null or "kicked" => CloseReason.Kicked,
                "banned" => CloseReason.Banned,
                _ => throw new ApiProblemException(ApiProblem.BadRequest("invalid_reason", $"The reason is '{ApiText.Quote(reason)}', but must be kicked or banned.")),
            };
            if (afterMs is < 0 or > MaxAfterMs) throw new ApiProblemException(ApiProblem.BadRequest("invalid_after", $"'afterMs' is {afterMs}, but must be between 0 and {MaxAfterMs} (a day)."));
            return new Closing(read, retry, afterMs is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null);
        }
    }
}
