using System.Text.Json;
using HeartbeatGateway.Api.Streaming;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Api.Clients;

/// <summary>The list of clients of all nodes: this node's part of it, and the whole, which is merged of the parts.</summary>
internal sealed class ClientLists(ClientPages pages, CursorFormat cursors, StreamEventId ids, NodeQuestions nodes, TimeProvider timeProvider)
{
    private const int EntriesBetweenPauses = 8;

    /// <summary>This node's part.</summary>
    /// <exception cref="ApiProblemException">A parameter is wrong.</exception>
    public Task<ListAnswer> ListHereAsync(ListClientsQuestion question, CancellationToken cancellationToken)
    {
        var query = ClientQueryReader.Read(question.Parameters, cursors);
        if (question.Positions.TryGetValue(ids.Run, out var after)) query = query with { After = after };
        return pages.FindAsync(query, (page, pace) => Write(page, query, pace), cancellationToken);
    }

    /// <summary>A page of all nodes, or of one.</summary>
    /// <exception cref="ApiProblemException">A parameter is wrong, or there is no such node.</exception>
    public async Task<ClusterClientListing> ListAllAsync(ClientParameters parameters, long watermark, CancellationToken cancellationToken)
    {
        var name = ClientQueryReader.NameOf(parameters);
        var before = ClusterCursor.Read(parameters.Cursor, name);
        var question = new ListClientsQuestion(parameters.ForOneNode(), before);
        var query = ClientQueryReader.Read(question.Parameters, cursors);
        var targets = await nodes.FindTargetsAsync(parameters.Node, cancellationToken);
        var others = nodes.AskAllAsync(NodeVerb.ListClients, question, targets, cancellationToken);
        List<ListAnswer> lists = targets.IncludesSelf ? [await ListHereAsync(question, cancellationToken)] : [];
        var answers = await others;
        lists.AddRange(answers.Answers.Select(a => a.Answer));
        var page = ListMerge.Merge(lists, query.Limit, query.IsDescending, before);
        return new ClusterClientListing(page.Entries, ClusterCursor.Write(name, page.Next), watermark, answers.Incomplete);
    }

    private ListAnswer Write(ClientPage page, ClientQuery query, WalkPace pace)
    {
        var now = timeProvider.GetUtcNow();
        var entries = new List<ListedEntry>(page.Connections.Count);
        foreach (var (i, connection) in pace.Over(page.Connections.Index(), EntriesBetweenPauses))
        {
            var entry = JsonSerializer.SerializeToElement(ClientEntry.Of(connection, now, nodes.NameInLists), ApiJson.Default.ClientEntry);
            entries.Add(new ListedEntry(OrderOf(query.Sort, page.Positions[i], connection, now), page.Positions[i], entry));
        }

        return new ListAnswer(ids.Run, entries, page.Last is not null);
    }

    /// <summary>Numbers of connections say nothing across nodes, so the time stands for them.</summary>
    private static long OrderOf(ClientSort sort, ClientPosition position, in ConnectionView connection, DateTimeOffset now) =>
        sort == ClientSort.Default ? (now - connection.Age).UtcTicks : position.Value;
}
