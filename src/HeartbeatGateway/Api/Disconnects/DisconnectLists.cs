using System.Text.Json;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Disconnects;

namespace HeartbeatGateway.Api.Disconnects;

/// <summary>The ended connections of all nodes: this node's part of the list, and the whole, which is merged of the parts.</summary>
internal sealed class DisconnectLists(IHeartbeatGateway gateway, CursorFormat cursors, StreamEventId ids, NodeQuestions nodes) : IDisposable
{
    private const int MaxWalks = 2;

    private readonly SemaphoreSlim _walks = new(MaxWalks);

    /// <summary>The ended connections of this node that a query chooses: one more than its limit when more follow.</summary>
    public async Task<List<DisconnectRecord>> FindAsync(HistoryQuery query, CancellationToken cancellationToken)
    {
        // As the walks over clients: few at a time, and not on a thread that serves sockets.
        await _walks.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(() => gateway.EnumerateDisconnects().Where(query.Matches).Take(query.Limit + 1).ToList(), cancellationToken);
        }
        finally
        {
            _walks.Release();
        }
    }

    /// <summary>This node's part.</summary>
    /// <exception cref="ApiProblemException">A parameter is wrong.</exception>
    public async Task<ListAnswer> ListHereAsync(ListDisconnectsQuestion question, CancellationToken cancellationToken)
    {
        var query = HistoryQueryReader.Read(question.Parameters, cursors);
        if (question.Positions.TryGetValue(ids.Run, out var after)) query = query with { Before = after.Value };
        var found = await FindAsync(query, cancellationToken);
        return new ListAnswer(ids.Run, [.. found.Take(query.Limit).Select(Write)], found.Count > query.Limit);
    }

    /// <summary>A page of all nodes, or of one.</summary>
    /// <exception cref="ApiProblemException">A parameter is wrong, or there is no such node.</exception>
    public async Task<ClusterDisconnectListing> ListAllAsync(HistoryParameters parameters, CancellationToken cancellationToken)
    {
        var name = HistoryQueryReader.NameOf(parameters);
        var before = ClusterCursor.Read(parameters.Cursor, name);
        var question = new ListDisconnectsQuestion(parameters.ForOneNode(), before);
        var query = HistoryQueryReader.Read(question.Parameters, cursors);
        var targets = await nodes.FindTargetsAsync(parameters.Node, cancellationToken);
        var others = nodes.AskAllAsync(NodeVerb.ListDisconnects, question, targets, cancellationToken);
        List<ListAnswer> lists = targets.IncludesSelf ? [await ListHereAsync(question, cancellationToken)] : [];
        var answers = await others;
        lists.AddRange(answers.Answers.Select(a => a.Answer));
        var page = ListMerge.Merge(lists, query.Limit, isDescending: true, before);
        return new ClusterDisconnectListing(page.Entries, ClusterCursor.Write(name, page.Next), answers.Incomplete);
    }

    public void Dispose() => _walks.Dispose();

    private ListedEntry Write(DisconnectRecord record) => new(
        record.Time.UtcTicks, new ClientPosition(record.Number, 0), JsonSerializer.SerializeToElement(DisconnectEntry.Of(record, nodes.NameInLists), ApiJson.Default.DisconnectEntry));
}
