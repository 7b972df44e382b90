using System.Runtime.CompilerServices;

namespace HeartbeatGateway.Server.Clusters;

/// <summary>A cluster of one gateway, which needs nothing else: its own directory is the whole one.</summary>
/// <param name="name">The gateway's name.</param>
public sealed class EmbeddedCluster(string name = "") : ICluster
{
    // The engine's own directory decides everything else: a generation of 0 leaves it to that.
    private static readonly ClusterEntry Entered = new(ClusterEntryKind.Entered);

    private readonly Dictionary<string, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>>> _answers = new(StringComparer.Ordinal);
    private INodeClients? _clients;

    /// <inheritdoc/>
    public ClusterNode Self { get; } = new(Guid.NewGuid().ToString("N"), name);

    /// <inheritdoc/>
    public bool IsDegraded => false;

    /// <inheritdoc/>
    public void Start(INodeClients clients) => _clients = clients;

    /// <inheritdoc/>
    public ValueTask<ClusterEntry> EnterAsync(ClusterHello hello) => ValueTask.FromResult(Entered);

    /// <inheritdoc/>
    public void Leave(ClusterDeparture departure)
    {
        // The engine's directory has removed it.
    }

    /// <inheritdoc/>
    public void Restore(ClusterMember member)
    {
        // The engine's directory has it.
    }

    /// <inheritdoc/>
    public ValueTask<ClusterMember?> FindAsync(string clientId, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_clients?.Find(clientId) is { } member ? member with { Epoch = Self.Epoch } : null);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ClusterNode>> ListNodesAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<ClusterNode>>([Self]);

    /// <inheritdoc/>
    public ValueTask<bool> HoldAsync(string clientId, ReadOnlyMemory<byte> message, TimeSpan timeToLive, CancellationToken cancellationToken) =>
        throw new ClusterUnavailableException("A cluster of one holds messages in its own memory.");

    /// <inheritdoc/>
    public async ValueTask<NodeAnswer> AskAsync(string epoch, string verb, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (epoch != Self.Epoch) return new NodeAnswer(NodeAnswerKind.Unreachable, default);
        if (!_answers.TryGetValue(verb, out var answer)) return new NodeAnswer(NodeAnswerKind.Failed, default);
        return new NodeAnswer(NodeAnswerKind.Answered, await answer(body, cancellationToken));
    }

    /// <inheritdoc/>
    public void Answer(string verb, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer) => _answers[verb] = answer;

    /// <inheritdoc/>
    public async IAsyncEnumerable<ClusterEvent> FollowEventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Nobody else has events; those of this gateway are in its own stream.
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        yield break;
    }
}
