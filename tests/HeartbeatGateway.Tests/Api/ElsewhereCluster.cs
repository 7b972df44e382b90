using System.Runtime.CompilerServices;
using System.Text;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Tests.Api;

/// <summary>A cluster of two nodes, in which all clients of the tests are connected to the other one, whose answers the test gives.</summary>
internal sealed class ElsewhereCluster : ICluster
{
    public ClusterNode Self { get; } = new("here", "here");

    public bool IsDegraded { get; set; }

    /// <summary>No client is connected.</summary>
    public bool IsEmpty { get; set; }

    public NodeAnswerKind Kind { get; set; } = NodeAnswerKind.Answered;

    /// <summary>The answer to each question.</summary>
    public string Body { get; set; } = """{"results":[{"result":"queued","isNumbered":true}]}""";

    /// <summary>Holds answers back until it completes.</summary>
    public Task Answering { get; set; } = Task.CompletedTask;

    public int Questions { get; private set; }

    public int Held { get; private set; }

    /// <summary>How this node answers the questions of the other one.</summary>
    public Dictionary<string, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>>> Answers { get; } = new(StringComparer.Ordinal);

    public void Start(INodeClients clients)
    {
        // It asks nothing of this node.
    }

    public ValueTask<ClusterEntry> EnterAsync(ClusterHello hello) => ValueTask.FromResult(new ClusterEntry(ClusterEntryKind.Entered) { Generation = hello.Floor + 1 });

    public void Leave(ClusterDeparture departure)
    {
        // Nothing is remembered.
    }

    public void Restore(ClusterMember member)
    {
        // Nothing is remembered.
    }

    public ValueTask<ClusterMember?> FindAsync(string clientId, CancellationToken cancellationToken)
    {
        if (IsDegraded) throw new ClusterUnavailableException("The directory is away.");
        return ValueTask.FromResult(IsEmpty ? null : new ClusterMember(clientId, 1, "1") { Session = "", Epoch = "there" });
    }

    public ValueTask<IReadOnlyList<ClusterNode>> ListNodesAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<ClusterNode>>([Self]);

    public ValueTask<bool> HoldAsync(string clientId, ReadOnlyMemory<byte> message, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        Held++;
        return ValueTask.FromResult(true);
    }

    public async ValueTask<NodeAnswer> AskAsync(string epoch, string verb, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        Questions++;
        await Answering;
        return new NodeAnswer(Kind, Kind == NodeAnswerKind.Answered ? Encoding.UTF8.GetBytes(Body) : default);
    }

    public void Answer(string verb, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer) => Answers[verb] = answer;

    public async IAsyncEnumerable<ClusterEvent> FollowEventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }
}
