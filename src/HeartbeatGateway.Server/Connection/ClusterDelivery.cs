using System.Text.Json;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// One message on its way to clients of any node. In each round the directory is asked where the clients are that have not got it; a client may move in between,
/// so there are a few rounds. For one caller.
/// </summary>
internal sealed class ClusterDelivery(EngineContext context, ICluster cluster, ClientPushes pushes, Outboxes outboxes, ClusterMessage message, IReadOnlyList<string> clientIds)
{
    private const int MaxRounds = 3;

    private readonly long _deadline = outboxes.DeadlineOf(message.Ttl);

    /// <param name="cancellationToken">Ends the wait for the directory. A message that was sent is not called back.</param>
    public async ValueTask<IReadOnlyList<MessageDelivery>> RunAsync(CancellationToken cancellationToken)
    {
        var targets = clientIds.Select(id => new ClusterTarget(id, MessageName.New(outboxes))).ToList();
        foreach (var target in targets) target.Become(pushes.DeliverHere(target.ClientId, message.Push, message.Ttl, target.Name, isEntered: false));
        for (var round = 1; round <= MaxRounds && Open(targets) is { Count: > 0 } open; round++) await GoOnAsync(open, cancellationToken);
        // Where the directory says that they are, they are not, or no longer.
        await Task.WhenAll(Open(targets).Select(NowhereAsync));
        return [.. targets.Select(t => t.Delivery!)];
    }

    private static List<ClusterTarget> Open(List<ClusterTarget> targets) => [.. targets.Where(t => t.Delivery is null)];

    private async Task GoOnAsync(List<ClusterTarget> open, CancellationToken cancellationToken)
    {
        string?[] epochs;
        try
        {
            epochs = await Task.WhenAll(open.Select(async t => (await cluster.FindAsync(t.ClientId, cancellationToken))?.Epoch));
        }
        catch (ClusterUnavailableException)
        {
            foreach (var target in open) target.Settle(DeliveryResult.NodeUnreachable);
            return;
        }

        var self = cluster.Self.Epoch;
        List<Task> tasks = [];
        foreach (var node in open.Zip(epochs).GroupBy(p => p.Second, p => p.First))
        {
            if (node.Key is null) tasks.AddRange(node.Select(NowhereAsync));
            else if (node.Key != self) tasks.Add(AskAsync(node.Key, [.. node]));
            else
            {
                foreach (var target in node) target.Become(pushes.DeliverHere(target.ClientId, message.Push, message.Ttl, target.Name, isEntered: true));
            }
        }

        await Task.WhenAll(tasks);
    }

    /// <summary>A client is connected nowhere: the message is held in the directory, if it may be.</summary>
    private async Task NowhereAsync(ClusterTarget target)
    {
        if (target.Unreachable is not null && message.Ttl is null) target.Settle(DeliveryResult.NodeUnreachable);
        else if (message.Ttl is not { } ttl) target.Settle(DeliveryResult.Gone);
        else
        {
            var delivery = target.Name.Open(target.ClientId);
            var held = new OutgoingMessage(delivery, message.Push.Type, message.Push.OwnContent, _deadline);
            // One that can never be sent would keep all behind it.
            if (held.FrameBytes > outboxes.MaxPendingBytes || !outboxes.Away.TryAdd(delivery, _deadline))
            {
                target.Settle(DeliveryResult.Slow);
                return;
            }

            delivery.Become(DeliveryResult.Held);
            try
            {
                var isHeld = await cluster.HoldAsync(target.ClientId, DeliveryFormat.WriteHeld(held, context, cluster.Self.Epoch, context.Now), ttl, CancellationToken.None);
                if (isHeld) target.Become(delivery);
                else Refused(target, DeliveryResult.Slow);
            }
            catch (ClusterUnavailableException)
            {
                // It may be held all the same.
                delivery.Become(DeliveryResult.NodeUnknown);
                target.Become(delivery);
            }
        }
    }

    private async Task AskAsync(string epoch, List<ClusterTarget> targets)
    {
        var asked = new List<(ClusterTarget Target, MessageDelivery Delivery)>(targets.Count);
        foreach (var target in targets)
        {
            var delivery = target.Name.Open(target.ClientId);
            // The result may come before the answer.
            if (target.Unreachable == epoch) target.Settle(DeliveryResult.NodeUnreachable);
            else if (outboxes.Away.TryAdd(delivery, _deadline)) asked.Add((target, delivery));
            else target.Settle(DeliveryResult.Slow);
        }

        if (asked.Count == 0) return;
        var question = new DeliverQuestion(
            cluster.Self.Epoch, message.Type, message.Push.OwnContent, (long?)message.Ttl?.TotalMilliseconds, [.. asked.Select(a => new DeliverTarget(a.Target.ClientId, a.Delivery.MessageId))]);
        var answer = await cluster.AskAsync(epoch, ClusterPushes.Verb, JsonSerializer.SerializeToUtf8Bytes(question, NodeJson.Default.DeliverQuestion), CancellationToken.None);
        var outcomes = answer.Kind == NodeAnswerKind.Answered ? Read(answer.Body, asked.Count) : null;
        for (var i = 0; i < asked.Count; i++)
        {
            var (target, delivery) = asked[i];
            if (answer.Kind == NodeAnswerKind.Unreachable)
            {
                // Its client may have connected to another node meanwhile.
                outboxes.Away.Take(delivery.Number);
                target.Unreachable = epoch;
            }
            else if (outcomes is null)
            {
                delivery.Become(DeliveryResult.NodeUnknown);
                target.Become(delivery);
            }
            else Apply(target, delivery, outcomes[i]);
        }
    }

    private void Apply(ClusterTarget target, MessageDelivery delivery, DeliverOutcome outcome)
    {
        var result = NodeResults.Of(outcome.Result) ?? DeliveryResult.Gone;
        if (outcome.IsNumbered)
        {
            // A final result comes by itself.
            if (result is DeliveryResult.Queued or DeliveryResult.Held) delivery.Become(result);
            target.Become(delivery);
        }
        else if (result == DeliveryResult.Gone) outboxes.Away.Take(delivery.Number);
        else Refused(target, result);
    }

    private void Refused(ClusterTarget target, DeliveryResult result)
    {
        outboxes.Away.Take(target.Name.Number);
        target.Settle(result);
    }

    /// <returns>Null when it is not an answer to the question.</returns>
    private static IReadOnlyList<DeliverOutcome>? Read(ReadOnlyMemory<byte> body, int count)
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, NodeJson.Default.DeliverAnswer)?.Results is { } results && results.Count == count && !results.Contains(null!) ? results : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
