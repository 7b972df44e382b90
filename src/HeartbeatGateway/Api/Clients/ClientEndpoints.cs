using System.Globalization;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Api.Clients;

/// <summary>Lists clients, and shows one.</summary>
internal sealed class ClientEndpoints(IHeartbeatGateway gateway, ClientPages pages, CursorFormat cursors, TimeProvider timeProvider)
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/clients", ([AsParameters] ClientParameters parameters, HttpContext context, ClientEndpoints clients) => clients.ListAsync(parameters, context.RequestAborted))
            .AddEndpointFilter(KnownParameters.Of<ClientParameters>()).Produces<ClientListing>().ProducesProblem(400)
            .RequireScope(ApiScope.Read).WithSummary("Lists connections, anonymous ones included.");
        api.MapGet("/clients/{id}", (string id, ClientEndpoints clients) => clients.ShowClient(id))
            .Produces<ConnectionDetails>().ProducesProblem(404)
            .RequireScope(ApiScope.Read).WithSummary("Shows a connected client.");
        api.MapGet("/connections/{connectionId}", (string connectionId, HttpContext context, ClientEndpoints clients) => clients.ShowConnectionAsync(connectionId, context.RequestAborted))
            .Produces<ConnectionDetails>().ProducesProblem(404)
            .RequireScope(ApiScope.Read).WithSummary("Shows a connection by the number that logs and lists name it by.");
    }

    private async Task<IResult> ListAsync(ClientParameters parameters, CancellationToken cancellationToken)
    {
        var query = ClientQueryReader.Read(parameters, cursors);
        var name = ClientQueryReader.NameOf(parameters);
        var json = await pages.FindAsync(
            query, (page, pace) => ClientPageWriter.Write(page, page.Last is { } last ? cursors.Write(name, last) : null, timeProvider.GetUtcNow(), pace), cancellationToken);
        return Results.Stream(json, "application/json; charset=utf-8");
    }

    private IResult ShowClient(string id)
    {
        if (!ClientId.IsValid(id)) return ApiProblem.BadRequest("invalid_client_id", $"'{ApiText.Quote(id)}' is not a client id.");
        return gateway.FindClient(id) is { } client && gateway.ViewConnection(client.ConnectionId) is { } connection
            ? Show(connection)
            : ApiProblem.NotFound("client_gone", $"The client '{id}' is not connected.");
    }

    private async Task<IResult> ShowConnectionAsync(string connectionId, CancellationToken cancellationToken)
    {
        if (!uint.TryParse(connectionId, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)) return ApiProblem.BadRequest("invalid_connection_id", $"'{ApiText.Quote(connectionId)}' is not the number of a connection.");
        var found = await pages.WalkAsync(all => all.Where(c => c.Id.Sequence == sequence).Select(static c => (ConnectionView?)c).FirstOrDefault(), cancellationToken);
        return found is { } connection ? Show(connection) : ApiProblem.NotFound("connection_gone", $"The connection {sequence} is not open.");
    }

    private IResult Show(in ConnectionView connection) =>
        Results.Json(ConnectionDetails.Of(connection, timeProvider.GetUtcNow()), ApiJson.Default.ConnectionDetails);
}
