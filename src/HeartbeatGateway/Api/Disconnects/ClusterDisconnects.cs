using HeartbeatGateway.Cluster;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Api.Disconnects;

/// <summary>Closes connections on the nodes that have them.</summary>
internal sealed class ClusterDisconnects(Disconnector here, NodeQuestions nodes)
{
    /// <summary>Questions to the directory at a time for one request.</summary>
    private const int MaxLookUps = 32;

    /// <summary>Closes what a request chooses: ids wherever they are, connections of one node, and what a filter matches on all nodes.</summary>
    /// <exception cref="ApiProblemException">Something in the request is wrong, or there is no such node.</exception>
    public async Task<DisconnectResults> CloseAsync(DisconnectBody body, CancellationToken cancellationToken)
    {
        Disconnector.Check(body);
        var question = body with { Node = null };
        if (body.Node is null && (!nodes.IsCluster || body.ConnectionIds is not null)) return await here.CloseAsync(question, cancellationToken);
        if (body.Node is null && body.Ids is { } ids) return await CloseIdsAsync(question, ids, cancellationToken);
        var targets = body is { ConnectionIds: not null, Node: { } node } ? await nodes.FindOneAsync(node, cancellationToken) : await nodes.FindTargetsAsync(body.Node, cancellationToken);
        // A caller that leaves ends no question: what other nodes have done belongs in the audit.
        var own = targets.IncludesSelf ? await here.CloseAsync(question, cancellationToken) : new DisconnectResults(0, 0, []);
        var answers = await nodes.AskAllAsync(NodeVerb.Close, question, targets, CancellationToken.None);
        if (answers is { Answers.Count: 0, Incomplete.Count: 0 }) return own with { Incomplete = nodes.IsCluster ? [] : null };
        var all = answers.Answers.Select(a => a.Answer).Prepend(own).ToList();
        return new DisconnectResults(all.Sum(r => r.Matched), all.Sum(r => r.Closed), [.. all.SelectMany(r => r.Results).Take(Disconnector.MaxIds)], answers.Incomplete);
    }

    /// <summary>Closes the connection of a client on whatever node.</summary>
    /// <returns>What became of it; <c>gone</c> when it is connected nowhere. With it, the node that did not answer.</returns>
    /// <exception cref="ClusterUnavailableException">The client is not on this node, and the directory cannot be reached.</exception>
    public async Task<(DisconnectResult Result, NodeAnswerKind Kind, ClusterNode? Node)> CloseOneAsync(string id, Closing how, DisconnectBody question, CancellationToken cancellationToken)
    {
        if (here.CloseClient(id, how) is { } closed) return (closed, NodeAnswerKind.Answered, null);
        var gone = new DisconnectResult(null, id, "gone");
        if (await nodes.FindNodeOfAsync(id, cancellationToken) is not { } node) return (gone, NodeAnswerKind.Answered, null);
        var (kind, answer) = await nodes.AskAsync(NodeVerb.Close, question, node, CancellationToken.None);
        return kind == NodeAnswerKind.Answered
            ? (answer!.Results.Count > 0 ? answer.Results[0] : gone, kind, node)
            : (gone with { Result = NodeProblems.NameOf(kind) }, kind, node);
    }

    private async Task<DisconnectResults> CloseIdsAsync(DisconnectBody question, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var local = ids.Where(here.Has).ToHashSet(StringComparer.Ordinal);
        var found = await FindAsync(ids.Where(id => !local.Contains(id)).Distinct(StringComparer.Ordinal), cancellationToken);
        var results = new Dictionary<string, DisconnectResult>(StringComparer.Ordinal);
        var asked = found.Nodes.GroupBy(pair => pair.Value, pair => pair.Key).Select(async group =>
        {
            List<string> ofNode = [.. group];
            return (Ids: ofNode, Node: group.Key, Answer: await nodes.AskAsync(NodeVerb.Close, question with { Ids = ofNode }, group.Key, CancellationToken.None));
        }).ToList();
        if (local.Count > 0)
        {
            foreach (var result in (await here.CloseAsync(question with { Ids = [.. local] }, cancellationToken)).Results) results[result.ClientId!] = result;
        }

        foreach (var (ofNode, node, answer) in await Task.WhenAll(asked))
        {
            if (answer.Answer is { } answered)
            {
                foreach (var result in answered.Results.Where(r => r.ClientId is not null)) results[result.ClientId!] = result;
            }
            else
            {
                foreach (var id in ofNode) results[id] = new DisconnectResult(null, id, NodeProblems.NameOf(answer.Kind), node.Name);
            }
        }

        var sum = Disconnector.Sum([.. ids.Select(id => results.GetValueOrDefault(id) ?? new DisconnectResult(null, id, "gone"))]);
        return sum with { Incomplete = found.IsComplete ? [] : [NodeQuestions.UnknownNodes] };
    }

    private async Task<(Dictionary<string, ClusterNode> Nodes, bool IsComplete)> FindAsync(IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, ClusterNode>(StringComparer.Ordinal);
        try
        {
            foreach (var some in ids.Chunk(MaxLookUps))
            {
                var at = await Task.WhenAll(some.Select(id => nodes.FindNodeOfAsync(id, cancellationToken)));
                foreach (var (id, node) in some.Zip(at))
                {
                    if (node is not null) found[id] = node;
                }
            }
        }
        catch (ClusterUnavailableException)
        {
            // What was found is asked; the others stand as gone, and the answer says that it is incomplete.
            return (found, false);
        }

        return (found, true);
    }
}
