using System.Text.Json;
using HeartbeatGateway.Api;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Cluster;

/// <summary>Asks other nodes, all of them at once, and collects what they answer in the time that <see cref="ICluster.AskAsync"/> allows. Thread-safe.</summary>
internal sealed class NodeQuestions(ICluster cluster, ILogger<NodeQuestions> logger)
{
    /// <summary>Stands for nodes that are not known, in lists of nodes that did not answer.</summary>
    public const string UnknownNodes = "*";

    private volatile IReadOnlyList<ClusterNode> _lastKnown = [];

    /// <summary>False for a gateway without a cluster: then nothing is asked.</summary>
    public bool IsCluster { get; } = cluster is not EmbeddedCluster;

    /// <summary>This node.</summary>
    public ClusterNode Self => cluster.Self;

    /// <summary>The name of this node in entries of lists; null without a cluster.</summary>
    public string? NameInLists => IsCluster ? Self.Name : null;

    /// <summary>The directory cannot be reached now.</summary>
    public bool IsDegraded => cluster.IsDegraded;

    /// <summary>The nodes that a request concerns. While the directory cannot be reached, those that were known last.</summary>
    /// <param name="node">The name or epoch of one; null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ApiProblemException">There is no such node.</exception>
    public async Task<NodeTargets> FindTargetsAsync(string? node, CancellationToken cancellationToken)
    {
        if (node == Self.Epoch) return new NodeTargets(IncludesSelf: true, [], IsKnown: true);
        var isKnown = true;
        try
        {
            _lastKnown = [.. (await cluster.ListNodesAsync(cancellationToken)).Where(n => n.Epoch != Self.Epoch)];
        }
        catch (ClusterUnavailableException)
        {
            isKnown = false;
        }

        var others = _lastKnown;
        if (node is null) return new NodeTargets(IncludesSelf: true, others, isKnown);
        var named = others.Where(n => Is(n, node)).ToList();
        // After a restart, a node that was killed stands beside its successor until its lease ends.
        if (named.Count > 0 || Is(Self, node)) return new NodeTargets(Is(Self, node), named, IsKnown: true);
        throw new ApiProblemException(isKnown
            ? ApiProblem.NotFound("node_not_found", $"There is no node '{ApiText.Quote(node)}' now; GET /api/v1/nodes lists the nodes.")
            : NodeProblems.Unavailable());
    }

    /// <summary>The one node that a request names. Numbers of connections mean something else at another node.</summary>
    /// <param name="node">Its name or epoch.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ApiProblemException">There is no such node, or several have the name.</exception>
    public async Task<NodeTargets> FindOneAsync(string node, CancellationToken cancellationToken)
    {
        var targets = await FindTargetsAsync(node, cancellationToken);
        var count = targets.Others.Count + (targets.IncludesSelf ? 1 : 0);
        return count == 1 ? targets : throw new ApiProblemException(ApiProblem.BadRequest(
            "invalid_parameter", $"{count} nodes have the name '{ApiText.Quote(node)}'; name one by its epoch, which GET /api/v1/nodes lists."));
    }

    /// <summary>Asks nodes, all at once.</summary>
    /// <param name="verb">What is asked.</param>
    /// <param name="question">The question.</param>
    /// <param name="targets">Whom.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<NodeAnswers<TAnswer>> AskAllAsync<TQuestion, TAnswer>(NodeVerb<TQuestion, TAnswer> verb, TQuestion question, NodeTargets targets, CancellationToken cancellationToken)
        where TAnswer : class
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(question, verb.Question);
        var answers = await Task.WhenAll(targets.Others.Select(node => AskAsync(verb, body, node, cancellationToken)));
        var incomplete = targets.Others.Zip(answers).Where(pair => pair.Second.Answer is null).Select(pair => pair.First.Name).ToList();
        if (!targets.IsKnown) incomplete.Add(UnknownNodes);
        return new NodeAnswers<TAnswer>([.. targets.Others.Zip(answers).Where(pair => pair.Second.Answer is not null).Select(pair => new AnsweredBy<TAnswer>(pair.First, pair.Second.Answer!))], incomplete);
    }

    /// <summary>Asks one node.</summary>
    /// <param name="verb">What is asked.</param>
    /// <param name="question">The question.</param>
    /// <param name="node">Whom.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What became of it, and the answer when there is one.</returns>
    public Task<(NodeAnswerKind Kind, TAnswer? Answer)> AskAsync<TQuestion, TAnswer>(NodeVerb<TQuestion, TAnswer> verb, TQuestion question, ClusterNode node, CancellationToken cancellationToken)
        where TAnswer : class =>
        AskAsync(verb, JsonSerializer.SerializeToUtf8Bytes(question, verb.Question), node, cancellationToken);

    /// <summary>The node that a client is connected to, if it is another one.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null when the client is on no other node.</returns>
    /// <exception cref="ClusterUnavailableException">The directory cannot be reached.</exception>
    public async Task<ClusterNode?> FindNodeOfAsync(string clientId, CancellationToken cancellationToken)
    {
        if (!IsCluster || await cluster.FindAsync(clientId, cancellationToken) is not { } member || member.Epoch == Self.Epoch) return null;
        // The name is for people. One that was not listed yet is called by its epoch.
        return _lastKnown.FirstOrDefault(n => n.Epoch == member.Epoch) ?? new ClusterNode(member.Epoch, member.Epoch);
    }

    private static bool Is(ClusterNode node, string name) => node.Name == name || node.Epoch == name;

    private async Task<(NodeAnswerKind Kind, TAnswer? Answer)> AskAsync<TQuestion, TAnswer>(NodeVerb<TQuestion, TAnswer> verb, byte[] body, ClusterNode node, CancellationToken cancellationToken)
        where TAnswer : class
    {
        var answer = await cluster.AskAsync(node.Epoch, verb.Name, body, cancellationToken);
        if (answer.Kind != NodeAnswerKind.Answered) return (answer.Kind, null);
        try
        {
            var read = JsonSerializer.Deserialize(answer.Body.Span, verb.Answer);
            return read is null ? (NodeAnswerKind.Failed, null) : (NodeAnswerKind.Answered, read);
        }
        catch (JsonException e)
        {
            // The message of the exception can quote what the node sent.
            logger.NodeAnswerUnreadable(verb.Name, node.Name, e.BytePositionInLine ?? 0);
            return (NodeAnswerKind.Failed, null);
        }
    }
}
