using System.Text.Json;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>Takes a client over from its connection on another node, and answers other nodes that do.</summary>
internal sealed class Takeovers(
    INodeChannel channel, LocalClients local, NodeIdentity node, HeldStore held, RepeatedQuestions repeated, BackgroundWork work, TimeProvider timeProvider)
{
    public const string Verb = "takeover";

    /// <summary>When a client is looked for again that the node did not have: its hello may have been entered, and its welcome may be on its way.</summary>
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);

    /// <summary>Compares one client with the directory.</summary>
    public Action<ClusterMember>? Recheck { get; set; }

    /// <summary>Begins to answer.</summary>
    public void Start() => channel.Answer(Verb, AnswerAsync);

    /// <summary>Asks the node of a client's earlier connection to close it, unless that is this node.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="previous">Its earlier connection.</param>
    /// <param name="instance">The instance of its new connection.</param>
    /// <param name="bound">How long to wait. What is answered later is kept for the client's next connection.</param>
    /// <returns>What was not acknowledged there; empty for nothing, or without an answer.</returns>
    public async ValueTask<ReadOnlyMemory<byte>> AskAsync(string clientId, ClusterPrevious previous, string? instance, TimeSpan bound)
    {
        if (node.IsOwn(previous.Epoch)) return default;
        var answer = SendAsync(previous.Epoch, new TakeoverQuestion(clientId, previous.Generation, instance));
        try
        {
            return await answer.WaitAsync(bound > TimeSpan.Zero ? bound : TimeSpan.Zero, timeProvider);
        }
        catch (TimeoutException)
        {
            work.Run("keep a late answer to a takeover", async () => await held.ReturnAsync(clientId, await answer, []));
            return default;
        }
    }

    /// <summary>Asks the node of a connection that has lost its place by Restore to close it; its client may connect again.</summary>
    public Task<ReadOnlyMemory<byte>> AskLoserAsync(string clientId, ClusterPrevious loser) => node.IsOwn(loser.Epoch)
        ? Task.FromResult(ReadOnlyMemory<byte>.Empty)
        : SendAsync(loser.Epoch, new TakeoverQuestion(clientId, loser.Generation, loser.Instance) { Restore = true });

    private async Task<ReadOnlyMemory<byte>> SendAsync(string epoch, TakeoverQuestion question)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(question, NodeJson.Default.TakeoverQuestion);
        var answer = await channel.AskAsync(epoch, Verb, body, work.Stopping);
        if (answer.Kind == NodeAnswerKind.Answered) return answer.Body;
        // The generation makes it idempotent. What comes too late for the new connection is kept for the next one.
        repeated.Add(new ClientQuestion(epoch, Verb, question.ClientId), body, delivery => held.ReturnAsync(question.ClientId, delivery, []));
        return default;
    }

    private ValueTask<ReadOnlyMemory<byte>> AnswerAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var question = JsonSerializer.Deserialize(body.Span, NodeJson.Default.TakeoverQuestion) ?? throw new JsonException("The question is null.");
        var member = local.Clients.Find(question.ClientId);
        if (member?.Generation != question.Generation)
        {
            // It may still come, or the directory has it with another generation: the comparison with the directory decides.
            work.Run("look again for a client that was taken over", () => LookAgain(question), LookAgainAfter);
            return default;
        }

        if (question.Restore && member.Instance is null)
        {
            // Without an instance a takeover would forbid the client to connect again.
            local.CloseReplaced(member);
            return default;
        }

        return ValueTask.FromResult(local.Clients.TakeOver(question.ClientId, question.Generation, question.Restore ? member.Instance : question.Instance));
    }

    private Task LookAgain(TakeoverQuestion question)
    {
        if (local.Clients.Find(question.ClientId) is { } member) Recheck?.Invoke(member);
        return Task.CompletedTask;
    }
}
