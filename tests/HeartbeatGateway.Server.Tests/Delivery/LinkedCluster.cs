using System.Runtime.CompilerServices;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Server.Tests.Delivery;

/// <summary>The directory of some engines in one process.</summary>
internal sealed class LinkedDirectory
{
    public Dictionary<string, (LinkedCluster Node, ClusterMember Member)> Entries { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, ReadOnlyMemory<byte>> Deliveries { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, List<ClusterHeldMessage>> Held { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, LinkedCluster> Nodes { get; } = new(StringComparer.Ordinal);

    /// <summary>What the next connection of a client adopts.</summary>
    public ClusterKept Take(string clientId)
    {
        Deliveries.Remove(clientId, out var delivery);
        Held.Remove(clientId, out var held);
        return new ClusterKept { Delivery = delivery, Held = held ?? [] };
    }
}

/// <summary>One node's side of a <see cref="LinkedDirectory"/>.</summary>
internal sealed class LinkedCluster : ICluster
{
    private readonly Dictionary<string, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>>> _answers = new(StringComparer.Ordinal);
    private readonly LinkedDirectory _directory;

    public LinkedCluster(LinkedDirectory directory, string name)
    {
        (_directory, Self) = (directory, new ClusterNode($"epoch-{name}", name));
        directory.Nodes[Self.Epoch] = this;
    }

    public ClusterNode Self { get; }

    public INodeClients Clients { get; private set; } = null!;

    public bool IsDegraded { get; set; }

    /// <summary>What becomes of questions to this node, other than that it answers.</summary>
    public NodeAnswerKind Answering { get; set; } = NodeAnswerKind.Answered;

    /// <summary>With <see cref="NodeAnswerKind.Unknown"/>: the question arrives, and only the answer is lost.</summary>
    public bool LosesAnswers { get; set; }

    /// <summary>Runs before each question to this node.</summary>
    public Action? OnAsked { get; set; }

    /// <summary>The questions that this node was asked, by verb.</summary>
    public List<string> Asked { get; } = [];

    public void Start(INodeClients clients) => Clients = clients;

    public ValueTask<ClusterEntry> EnterAsync(ClusterHello hello)
    {
        var known = _directory.Entries.GetValueOrDefault(hello.ClientId);
        var generation = Math.Max((known.Member?.Generation ?? 0) + 1, hello.Floor);
        if (known.Node is { } node && node != this && node.Clients.TakeOver(hello.ClientId, known.Member!.Generation, hello.Instance, mayRetry: false) is { IsEmpty: false } taken) _directory.Deliveries[hello.ClientId] = taken;
        _directory.Entries[hello.ClientId] = (this, new ClusterMember(hello.ClientId, generation, hello.ConnectionId) { Session = hello.NewSession, Epoch = Self.Epoch, Instance = hello.Instance });
        return ValueTask.FromResult(new ClusterEntry(ClusterEntryKind.Entered) { Generation = generation, Kept = _directory.Take(hello.ClientId) });
    }

    public void Leave(ClusterDeparture departure)
    {
        var member = departure.Member;
        if (_directory.Entries.TryGetValue(member.ClientId, out var entry) && entry.Node == this && entry.Member.Generation == member.Generation) _directory.Entries.Remove(member.ClientId);
        if (!departure.Delivery.IsEmpty) _directory.Deliveries[member.ClientId] = departure.Delivery;
    }

    public void Restore(ClusterMember member) => throw new NotSupportedException();

    public ValueTask<ClusterMember?> FindAsync(string clientId, CancellationToken cancellationToken)
    {
        if (IsDegraded) throw new ClusterUnavailableException("cut");
        return ValueTask.FromResult<ClusterMember?>(_directory.Entries.TryGetValue(clientId, out var entry) ? entry.Member with { Epoch = entry.Node.Self.Epoch } : null);
    }

    public ValueTask<IReadOnlyList<ClusterNode>> ListNodesAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> HoldAsync(string clientId, ReadOnlyMemory<byte> message, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        if (IsDegraded) throw new ClusterUnavailableException("cut");
        if (!_directory.Held.TryGetValue(clientId, out var held)) _directory.Held[clientId] = held = [];
        if (held.Count >= 100) return ValueTask.FromResult(false);
        held.Add(new ClusterHeldMessage(message, timeToLive));
        return ValueTask.FromResult(true);
    }

    public async ValueTask<NodeAnswer> AskAsync(string epoch, string verb, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (IsDegraded || !_directory.Nodes.TryGetValue(epoch, out var node)) return new NodeAnswer(NodeAnswerKind.Unreachable, default);
        return await node.BeAskedAsync(verb, body);
    }

    public void Answer(string verb, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer) => _answers[verb] = answer;

    public async IAsyncEnumerable<ClusterEvent> FollowEventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }

    private async ValueTask<NodeAnswer> BeAskedAsync(string verb, ReadOnlyMemory<byte> body)
    {
        lock (Asked) Asked.Add(verb);
        OnAsked?.Invoke();
        if (Answering != NodeAnswerKind.Answered && !LosesAnswers) return new NodeAnswer(Answering, default);
        var answer = await _answers[verb](body, CancellationToken.None);
        return LosesAnswers ? new NodeAnswer(NodeAnswerKind.Unknown, default) : new NodeAnswer(NodeAnswerKind.Answered, answer);
    }
}
