using System.Globalization;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Api.Disconnects;

/// <summary>Closes connections of this node.</summary>
internal sealed class Disconnector(IHeartbeatGateway gateway, ClientPages clients, NodeQuestions nodes)
{
    /// <summary>The most items of a request, and results of its answer.</summary>
    public const int MaxIds = 1000;

    /// <summary>Closes what a request chooses.</summary>
    /// <exception cref="ApiProblemException">Something in the request is wrong.</exception>
    public async Task<DisconnectResults> CloseAsync(DisconnectBody body, CancellationToken cancellationToken)
    {
        var how = Check(body);
        var results = body.Ids is { } ids ? CloseIds(ids, how, body.DryRun)
            : body.ConnectionIds is { } connections ? await CloseConnectionsAsync(connections, how, body.DryRun, cancellationToken)
            : await CloseMatchingAsync(body.Filter!, how, body.DryRun, cancellationToken);
        return Sum(results);
    }

    /// <summary>Checks a request.</summary>
    /// <exception cref="ApiProblemException">Something in the request is wrong.</exception>
    public static Closing Check(DisconnectBody body)
    {
        var how = Closing.Read(body.Reason, body.Retry, body.AfterMs);
        var given = (body.Ids is null ? 0 : 1) + (body.ConnectionIds is null ? 0 : 1) + (body.Filter is null ? 0 : 1);
        if (given != 1) throw new ApiProblemException(ApiProblem.BadRequest("invalid_choice", "Give exactly one of the fields 'ids', 'connectionIds' and 'filter'."));
        if (body.Ids is { } ids) Demand(ids, "ids", ClientId.IsValid, "a client id");
        if (body.ConnectionIds is { } connections) Demand(connections, "connectionIds", id => uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out _), "the number of a connection");
        if (body.Filter is { } filter) ReadFilter(filter);
        return how;
    }

    /// <summary>Closes the connection of a client; null when it is not connected to this node.</summary>
    public DisconnectResult? CloseClient(string id, Closing how) =>
        gateway.FindClient(id) is { } client && gateway.Close(client.ConnectionId, how.Reason, how.Retry, how.After) ? new DisconnectResult($"{client.ConnectionId}", id, "closed", nodes.NameInLists) : null;

    /// <summary>True for a client that is connected to this node.</summary>
    public bool Has(string id) => gateway.FindClient(id) is not null;

    /// <summary>Counts results.</summary>
    public static DisconnectResults Sum(IReadOnlyList<DisconnectResult> results) =>
        new(results.Count(r => r.Result is "closed" or "matched"), results.Count(r => r.Result == "closed"), [.. results.Take(MaxIds)]);

    private List<DisconnectResult> CloseIds(IReadOnlyList<string> ids, Closing how, bool dryRun) =>
        [.. ids.Select(id => gateway.FindClient(id) is { } client ? Close(client.ConnectionId, id, how, dryRun) : new DisconnectResult(null, id, "gone"))];

    private async Task<List<DisconnectResult>> CloseConnectionsAsync(IReadOnlyList<string> ids, Closing how, bool dryRun, CancellationToken cancellationToken)
    {
        var numbers = ids.Select(id => uint.Parse(id, CultureInfo.InvariantCulture)).ToHashSet();
        var open = await clients.WalkAsync(all => all.Where(c => numbers.Contains(c.Id.Sequence)).ToDictionary(c => c.Id.Sequence), cancellationToken);
        return [.. ids.Select(id => open.TryGetValue(uint.Parse(id, CultureInfo.InvariantCulture), out var c) ? Close(c.Id, c.ClientId, how, dryRun) : new DisconnectResult(id, null, "gone"))];
    }

    private Task<List<DisconnectResult>> CloseMatchingAsync(FilterBody body, Closing how, bool dryRun, CancellationToken cancellationToken)
    {
        var filter = ReadFilter(body);
        return clients.ChooseAsync(filter, chosen => chosen.Where(c => c.State != ConnectionState.Closing).Select(c => Close(c.Id, c.ClientId, how, dryRun)).ToList(), cancellationToken);
    }

    private static ClientFilter ReadFilter(FilterBody body)
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
        return filter;
    }

    private DisconnectResult Close(ConnectionId id, string? clientId, Closing how, bool dryRun) =>
        new($"{id}", clientId, dryRun ? "matched" : gateway.Close(id, how.Reason, how.Retry, how.After) ? "closed" : "gone", nodes.NameInLists);

    private static void Demand(IReadOnlyList<string> ids, string field, Func<string, bool> isValid, string what)
    {
        if (ids.Count is 0 or > MaxIds) throw new ApiProblemException(ApiProblem.BadRequest("invalid_ids", $"The field '{field}' holds {ids.Count} items, but must hold 1 to {MaxIds}."));
        if (ids.FirstOrDefault(id => !isValid(id)) is { } wrong) throw new ApiProblemException(ApiProblem.BadRequest("invalid_ids", $"The field '{field}' holds '{ApiText.Quote(wrong)}', which is not {what}."));
    }
}
