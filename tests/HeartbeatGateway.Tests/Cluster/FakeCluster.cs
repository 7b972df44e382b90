using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Tests.Cluster;

/// <summary>A cluster of the gateway under test and imaginary nodes. Every hello is entered.</summary>
internal sealed class FakeCluster(params FakeNode[] nodes) : ICluster
{
    private readonly ConcurrentDictionary<string, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>>> _answers = new();
    private readonly Channel<ClusterEvent> _events = Channel.CreateBounded<ClusterEvent>(100_000);
    private long _generation = 1_000_000_000_000;

    public IReadOnlyList<FakeNode> Nodes => nodes;

    /// <summary>The directory cannot be reached.</summary>
    public bool IsDegraded { get; set; }

    /// <summary>The first attempt to follow the events fails.</summary>
    public bool FailsToFollow { get; set; }

    /// <summary>Completes when the events are followed.</summary>
    public TaskCompletionSource Followed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ClusterNode Self { get; } = new("epoch-of-self", "self");

    public void Happened(ClusterEvent e) => Assert.True(_events.Writer.TryWrite(e));

    /// <summary>Asks the gateway under test, as another node would.</summary>
    public async Task<JsonElement> AskSelfAsync(string verb, string body)
    {
        var answer = await _answers[verb](Encoding.UTF8.GetBytes(body), TestContext.Current.CancellationToken);
        return JsonDocument.Parse(answer).RootElement;
    }

    public void Start(INodeClients clients)
    {
        // It asks the gateway through its API only.
    }

    public ValueTask<ClusterEntry> EnterAsync(ClusterHello hello) =>
        ValueTask.FromResult(new ClusterEntry(ClusterEntryKind.Entered) { Generation = Math.Max(hello.Floor, Interlocked.Increment(ref _generation)) });

    public void Leave(ClusterDeparture departure)
    {
        // The engine's directory is the test's.
    }

    public void Restore(ClusterMember member)
    {
        // The engine's directory is the test's.
    }

    /// <summary>A client is on the node that its id begins with.</summary>
    public ValueTask<ClusterMember?> FindAsync(string clientId, CancellationToken cancellationToken)
    {
        if (IsDegraded) throw new ClusterUnavailableException("Redis is away.");
        var node = nodes.FirstOrDefault(n => clientId.StartsWith(n.Node.Name, StringComparison.Ordinal));
        return ValueTask.FromResult(node is null ? null : new ClusterMember(clientId, 1, "1") { Epoch = node.Node.Epoch, Session = "s" });
    }

    public ValueTask<IReadOnlyList<ClusterNode>> ListNodesAsync(CancellationToken cancellationToken)
    {
        if (IsDegraded) throw new ClusterUnavailableException("Redis is away.");
        return ValueTask.FromResult<IReadOnlyList<ClusterNode>>([.. nodes.Select(n => n.Node).Append(Self).OrderBy(n => n.Name, StringComparer.Ordinal)]);
    }

    public ValueTask<bool> HoldAsync(string clientId, ReadOnlyMemory<byte> message, TimeSpan timeToLive, CancellationToken cancellationToken) => throw new ClusterUnavailableException("None is held here.");

    public async ValueTask<NodeAnswer> AskAsync(string epoch, string verb, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return nodes.FirstOrDefault(n => n.Node.Epoch == epoch)?.Answer(verb, body) ?? new NodeAnswer(NodeAnswerKind.Unreachable, default);
    }

    public void Answer(string verb, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer) => _answers[verb] = answer;

    public async IAsyncEnumerable<ClusterEvent> FollowEventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (FailsToFollow)
        {
            FailsToFollow = false;
            throw new InvalidOperationException("The stream cannot be read.");
        }

        Followed.TrySetResult();
        await foreach (var e in _events.Reader.ReadAllAsync(cancellationToken)) yield return e;
    }
}
