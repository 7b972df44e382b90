using System.Runtime.CompilerServices;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Api.Presence;

/// <summary>The present clients of all nodes, page after page, so that neither a question between nodes nor the memory for an answer grows with the fleet.</summary>
internal sealed class PresencePages(ClientPages pages, NodeQuestions nodes)
{
    /// <summary>A page of 1,000 clients has some 200 KB.</summary>
    private const int PageSize = ClientQuery.MaxLimit;

    private static readonly ClientFilter Connected = new() { State = ConnectionState.Connected };

    /// <summary>A page of this node's clients, in the order in which they connected.</summary>
    public Task<PresencePage> ListHereAsync(ListPresenceQuestion question, CancellationToken cancellationToken) => pages.FindAsync(
        new ClientQuery(Connected, ClientSort.Default, IsDescending: false, PageSize, question.After),
        (page, _) => new PresencePage([.. page.Connections.Select(c => PresentClient.Of(c, nodes.NameInLists)).OfType<PresentClient>()], page.Last),
        cancellationToken);

    /// <summary>All clients of some nodes, one node after the other.</summary>
    /// <param name="targets">The nodes.</param>
    /// <param name="incomplete">Gets the names of nodes that did not answer: some of their clients are missing.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    public async IAsyncEnumerable<PresentClient> WalkAsync(NodeTargets targets, ICollection<string> incomplete, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!targets.IsKnown) incomplete.Add(NodeQuestions.UnknownNodes);
        if (targets.IncludesSelf)
        {
            await foreach (var client in WalkAsync(async after => await ListHereAsync(new ListPresenceQuestion(after), cancellationToken))) yield return client;
        }

        foreach (var node in targets.Others)
        {
            await foreach (var client in WalkAsync(after => AskAsync(node, after, incomplete, cancellationToken))) yield return client;
        }
    }

    private static async IAsyncEnumerable<PresentClient> WalkAsync(Func<ClientPosition?, Task<PresencePage?>> next)
    {
        ClientPosition? after = null;
        while (await next(after) is { } page)
        {
            foreach (var client in page.Clients) yield return client;
            // A node that gave the same page again would keep the walk busy without end.
            if (page.Next is not { } position || (after is { } last && ClientPosition.Compare(position, last) <= 0)) yield break;
            after = position;
        }
    }

    private async Task<PresencePage?> AskAsync(ClusterNode node, ClientPosition? after, ICollection<string> incomplete, CancellationToken cancellationToken)
    {
        var (_, page) = await nodes.AskAsync(NodeVerb.ListPresence, new ListPresenceQuestion(after), node, cancellationToken);
        // A node of another version may answer something else.
        if (page?.Clients is not null) return page;
        incomplete.Add(node.Name);
        return null;
    }
}
