using System.Globalization;
using System.Text.Json;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Connection;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HeartbeatGateway.Api.Clients;

/// <summary>Shows one connection, of this node or of another one.</summary>
internal sealed class ClientViews(IHeartbeatGateway gateway, ClientPages pages, NodeQuestions nodes, TimeProvider timeProvider)
{
    /// <summary>The answer of this node: <see cref="ConnectionDetails"/>.</summary>
    public async Task<ShowClientAnswer> ShowHereAsync(ShowClientQuestion question, CancellationToken cancellationToken)
    {
        var found = question.ClientId is { } clientId ? FindClient(clientId) : await FindConnectionAsync(question.ConnectionId, cancellationToken);
        return new ShowClientAnswer(found is { } connection
            ? JsonSerializer.SerializeToElement(ConnectionDetails.Of(connection, timeProvider.GetUtcNow(), nodes.NameInLists), ApiJson.Default.ConnectionDetails)
            : null);
    }

    /// <summary>Shows a client, on whatever node.</summary>
    public async Task<IResult> ShowClientAsync(string id, CancellationToken cancellationToken)
    {
        if (!ClientId.IsValid(id)) return ApiProblem.BadRequest("invalid_client_id", $"'{ApiText.Quote(id)}' is not a client id.");
        if (FindClient(id) is { } connection) return Show(connection);
        ClusterNode? node;
        try
        {
            node = await nodes.FindNodeOfAsync(id, cancellationToken);
        }
        catch (ClusterUnavailableException)
        {
            return NodeProblems.Unavailable();
        }

        return node is null ? Gone(id) : await AskAsync(new ShowClientQuestion(id, null), node, () => Gone(id), cancellationToken);
    }

    /// <summary>Shows a connection by its number, which is that of a node: of this one unless a node is given.</summary>
    /// <exception cref="ApiProblemException">There is no such node.</exception>
    public async Task<IResult> ShowConnectionAsync(string connectionId, string? nodeName, CancellationToken cancellationToken)
    {
        if (!uint.TryParse(connectionId, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)) return ApiProblem.BadRequest("invalid_connection_id", $"'{ApiText.Quote(connectionId)}' is not the number of a connection.");
        if (nodeName is not null && await nodes.FindOneAsync(nodeName, cancellationToken) is { IncludesSelf: false } targets)
        {
            return await AskAsync(new ShowClientQuestion(null, connectionId), targets.Others[0], NotOpen, cancellationToken);
        }

        return await FindConnectionAsync(connectionId, cancellationToken) is { } connection ? Show(connection) : NotOpen();

        ProblemHttpResult NotOpen() => ApiProblem.NotFound("connection_gone", $"The connection {sequence} is not open.");
    }

    private static ProblemHttpResult Gone(string id) => ApiProblem.NotFound("client_gone", $"The client '{id}' is not connected.");

    private async Task<IResult> AskAsync(ShowClientQuestion question, ClusterNode node, Func<IResult> gone, CancellationToken cancellationToken)
    {
        var (kind, answer) = await nodes.AskAsync(NodeVerb.ShowClient, question, node, cancellationToken);
        if (kind != NodeAnswerKind.Answered) return NodeProblems.Of(kind, node, isChange: false);
        return answer!.Connection is { } connection ? Results.Json(connection, ApiJson.Default.JsonElement) : gone();
    }

    private ConnectionView? FindClient(string id) => gateway.FindClient(id) is { } client ? gateway.ViewConnection(client.ConnectionId) : null;

    private async Task<ConnectionView?> FindConnectionAsync(string? connectionId, CancellationToken cancellationToken)
    {
        if (!uint.TryParse(connectionId, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)) return null;
        return await pages.WalkAsync(all => all.Where(c => c.Id.Sequence == sequence).Select(static c => (ConnectionView?)c).FirstOrDefault(), cancellationToken);
    }

    private IResult Show(in ConnectionView connection) =>
        Results.Json(ConnectionDetails.Of(connection, timeProvider.GetUtcNow(), nodes.NameInLists), ApiJson.Default.ConnectionDetails);
}
