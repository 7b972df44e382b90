using System.Text.Json;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>
/// Takes a client over from its connection on another node, and answers other nodes that do. What the client has not acknowledged is in the answer, so that the
/// welcome can tell its numbers, and in Redis besides: an answer that is lost, or comes too late for the welcome, loses nothing.
/// </summary>
internal sealed class Takeovers(
    INodeChannel channel, LocalClients local, NodeIdentity node, Leaver leaver, RepeatedQuestions repeated, BackgroundWork work, TimeProvider timeProvider)
{
    public const string Verb = "takeover";

    /// <summary>How long Redis keeps what is in an answer too.</summary>
    private static readonly TimeSpan KeepFor = TimeSpan.FromMinutes(10);

    /// <summary>When a client is looked for again that the node did not have: its hello may have been entered, and its welcome may be on its way.</summary>
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);

    /// <summary>Compares one client with the directory.</summary>
    public Action<ClusterMember>? Recheck { get; set; }

    /// <summary>Begins to answer.</summary>
    public void Start() => channel.Answer(Verb, (body, _) => ValueTask.FromResult(Answer(body)));

    /// <summary>Asks the node of a client's earlier connection to close it, unless that is this node.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="previous">Its earlier connection.</param>
    /// <param name="instance">The instance of its new connection.</param>
    /// <param name="bound">How long to wait.</param>
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
            return default;
        }
    }

    /// <summary>Asks the node of a connection that has lost its place by Restore to close it; its client may connect again.</summary>
    public Task AskLoserAsync(string clientId, ClusterPrevious loser) => node.IsOwn(loser.Epoch)
        ? Task.CompletedTask
        : SendAsync(loser.Epoch, new TakeoverQuestion(clientId, loser.Generation, loser.Instance) { Restore = true });

    private async Task<ReadOnlyMemory<byte>> SendAsync(string epoch, TakeoverQuestion question)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(question, NodeJson.Default.TakeoverQuestion);
        var answer = await channel.AskAsync(epoch, Verb, body, work.Stopping);
        if (answer.Kind == NodeAnswerKind.Answered) return answer.Body;
        // The generation makes it idempotent.
        repeated.Add(new ClientQuestion(epoch, Verb, question.ClientId), body);
        return default;
    }

    private ReadOnlyMemory<byte> Answer(ReadOnlyMemory<byte> body)
    {
        var question = JsonSerializer.Deserialize(body.Span, NodeJson.Default.TakeoverQuestion) ?? throw new JsonException("The question is null.");
        var member = local.Clients.Find(question.ClientId);
        // Its connection may still come, or the directory has it with another generation: then the comparison with the directory decides.
        if (member?.Generation != question.Generation) work.Run("look again for a client that was taken over", () => LookAgain(question), LookAgainAfter);
        var delivery = local.Clients.TakeOver(question.ClientId, question.Generation, question.Instance, mayRetry: question.Restore);
        if (delivery.IsEmpty) return default;
        leaver.Add(new ClusterDeparture(member ?? Unknown(question), CloseReason.Replaced.ToWireName()) { Delivery = delivery, KeepDeliveryFor = KeepFor });
        // After a restore the client has its welcome: it gets this from Redis, once.
        return question.Restore ? default : delivery;
    }

    private static ClusterMember Unknown(TakeoverQuestion question) => new(question.ClientId, question.Generation, "") { Session = "" };

    private Task LookAgain(TakeoverQuestion question)
    {
        if (local.Clients.Find(question.ClientId) is { } member) Recheck?.Invoke(member);
        return Task.CompletedTask;
    }
}
