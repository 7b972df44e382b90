using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Disconnects;

namespace HeartbeatGateway.Api.Disconnects;

/// <summary>Shows the connections that ended.</summary>
internal sealed class HistoryEndpoints(IHeartbeatGateway gateway, CursorFormat cursors) : IDisposable
{
    private const int MaxWalks = 2;

    private readonly SemaphoreSlim _walks = new(MaxWalks);

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/disconnects", ([AsParameters] HistoryParameters parameters, HttpContext context, HistoryEndpoints history) => history.ListAsync(parameters, context.RequestAborted))
            .AddEndpointFilter(KnownParameters.Of<HistoryParameters>()).Produces<DisconnectListing>().ProducesProblem(400)
            .RequireScope(ApiScope.Read).WithSummary("Lists the latest ended connections with reason, origin and post-mortem, the newest first.");

    public void Dispose() => _walks.Dispose();

    private async Task<IResult> ListAsync(HistoryParameters parameters, CancellationToken cancellationToken)
    {
        var query = HistoryQueryReader.Read(parameters, cursors);
        // As the walks over clients: few at a time, and not on a thread that serves sockets.
        await _walks.WaitAsync(cancellationToken);
        List<DisconnectRecord> found;
        try
        {
            found = await Task.Run(() => gateway.EnumerateDisconnects().Where(query.Matches).Take(query.Limit + 1).ToList(), cancellationToken);
        }
        finally
        {
            _walks.Release();
        }

        var page = found.Count > query.Limit ? found[..query.Limit] : found;
        var next = found.Count > query.Limit ? cursors.WriteNumber(HistoryQueryReader.NameOf(parameters), page[^1].Number) : null;
        return Results.Json(new DisconnectListing(page.ConvertAll(DisconnectEntry.Of), next), ApiJson.Default.DisconnectListing);
    }
}
