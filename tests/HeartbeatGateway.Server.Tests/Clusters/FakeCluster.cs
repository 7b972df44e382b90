using System.Runtime.CompilerServices;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Server.Tests.Clusters;

/// <summary>A node's side of a <see cref="FakeDirectory"/>. Its answers can be held back, and it can be cut off.</summary>
internal sealed class FakeCluster(FakeDirectory directory, string name) : ICluster
{
    private int _epochs = 1;

    public ClusterNode Self { get; private set; } = new($"{name}-1", name);

    public INodeClients Clients { get; private set; } = null!;

    /// <summary>The directory cannot be reached: hellos are answered as degraded, and the rest is lost.</summary>
    public bool IsCut { get; set; }

    public bool IsDegraded => IsCut;

    /// <summary>Answers wait until the test gives them.</summary>
    public bool Holds { get; set; }

    /// <summary>Answers that were made and are held back.</summary>
    public List<HeldAnswer> Answers { get; } = [];

    public List<ClusterHello> Hellos { get; } = [];

    public List<ClusterDeparture> Departures { get; } = [];

    public List<ClusterMember> Restores { get; } = [];

    public void Start(INodeClients clients)
    {
        Clients = clients;
        directory.Nodes[name] = this;
    }

    public ValueTask<ClusterEntry> EnterAsync(ClusterHello hello)
    {
        Hellos.Add(hello);
        var entry = IsCut ? new ClusterEntry(ClusterEntryKind.Degraded) : directory.Enter(this, hello);
        if (!Holds) return ValueTask.FromResult(entry);
        var answer = new HeldAnswer(entry, new TaskCompletionSource<ClusterEntry>());
        Answers.Add(answer);
        return new ValueTask<ClusterEntry>(answer.Completion.Task);
    }

    public void Leave(ClusterDeparture departure)
    {
        Departures.Add(departure);
        if (!IsCut) directory.Leave(this, departure);
    }

    public void Restore(ClusterMember member)
    {
        Restores.Add(member);
        if (!IsCut) directory.Restore(this, member);
    }

    /// <summary>The directory is back after the lease has lapsed.</summary>
    public void Return()
    {
        IsCut = false;
        directory.Reap(Self.Epoch);
        Self = Self with { Epoch = $"{name}-{++_epochs}" };
        foreach (var member in Clients.Members().ToList()) directory.Restore(this, member);
    }

    public void Release(int index = 0)
    {
        var answer = Answers[index];
        Answers.RemoveAt(index);
        answer.Completion.SetResult(answer.Entry);
    }

    public ValueTask<ClusterMember?> FindAsync(string clientId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<ClusterNode>> ListNodesAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> HoldAsync(string clientId, ReadOnlyMemory<byte> message, TimeSpan timeToLive, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<NodeAnswer> AskAsync(string epoch, string verb, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void Answer(string verb, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer)
    {
        // No node of these tests is asked.
    }

    public async IAsyncEnumerable<ClusterEvent> FollowEventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }

    internal sealed record HeldAnswer(ClusterEntry Entry, TaskCompletionSource<ClusterEntry> Completion);
}
