using System.Collections.Concurrent;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Tests.Support;

/// <summary>Questions between nodes of one process.</summary>
internal sealed class TestNetwork
{
    private readonly ConcurrentDictionary<string, TestChannel> _listeners = new(StringComparer.Ordinal);

    /// <summary>Answers wait for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>A question is lost: the node that asked does not learn whether it was done.</summary>
    public Func<string, bool> Loses { get; set; } = _ => false;

    /// <summary>An answer is lost: what was asked is done.</summary>
    public Func<string, bool> LosesAnswer { get; set; } = _ => false;

    /// <summary>Whom was asked what.</summary>
    public ConcurrentQueue<(string Epoch, string Verb)> Questions { get; } = new();

    public INodeChannel Join() => new TestChannel(this);

    private sealed class TestChannel(TestNetwork network) : INodeChannel
    {
        private readonly ConcurrentDictionary<string, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>>> _answers =
            new(StringComparer.Ordinal);
        private string? _epoch;

        public void Listen(string epoch) => network._listeners[_epoch = epoch] = this;

        public void LeaveFormer()
        {
            foreach (var (epoch, _) in network._listeners.Where(l => l.Value == this && l.Key != _epoch)) network._listeners.TryRemove(epoch, out _);
        }

        public async ValueTask<NodeAnswer> AskAsync(string epoch, string verb, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
        {
            network.Questions.Enqueue((epoch, verb));
            if (!network._listeners.TryGetValue(epoch, out var channel)) return new NodeAnswer(NodeAnswerKind.Unreachable, default);
            if (network.Loses(verb)) return new NodeAnswer(NodeAnswerKind.Unknown, default);
            await network.Gate;
            var answer = await channel._answers[verb](body, cancellationToken);
            return network.LosesAnswer(verb) ? new NodeAnswer(NodeAnswerKind.Unknown, default) : new NodeAnswer(NodeAnswerKind.Answered, answer);
        }

        public void Answer(string verb, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer) => _answers[verb] = answer;
    }
}
