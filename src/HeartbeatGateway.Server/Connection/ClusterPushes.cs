using System.Text.Json;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// Sends messages to clients of any node of the cluster: to a client of this node as <see cref="ClientPushes"/> does, else by one question to each node that has
/// some of the clients. Answers these questions of other nodes. Thread-safe.
/// </summary>
internal sealed class ClusterPushes
{
    /// <summary>The verb of the question.</summary>
    public const string Verb = "deliver";

    private readonly EngineContext _context;
    private readonly ICluster _cluster;
    private readonly ClientPushes _pushes;
    private readonly Outboxes _outboxes;

    /// <summary>Says how the questions of other nodes are answered, before the cluster is started.</summary>
    public ClusterPushes(EngineContext context, ICluster cluster, ClientPushes pushes, Outboxes outboxes)
    {
        (_context, _cluster, _pushes, _outboxes) = (context, cluster, pushes, outboxes);
        cluster.Answer(Verb, (body, _) => ValueTask.FromResult(Deliver(body)));
        cluster.Answer(SettledReports.Verb, (body, _) => ValueTask.FromResult(Settle(body)));
    }

    /// <summary>Sends one message to several clients.</summary>
    /// <returns>One for each id, in the order of the ids.</returns>
    /// <inheritdoc cref="IHeartbeatGateway.DeliverToClientsAcrossNodesAsync"/>
    /// <param name="clientIds"/><param name="type"/><param name="content"/><param name="ttl"/><param name="cancellationToken"/>
    public async ValueTask<IReadOnlyList<MessageDelivery>> DeliverAsync(
        IReadOnlyList<string> clientIds, string type, ReadOnlyMemory<byte> content, TimeSpan? ttl, CancellationToken cancellationToken)
    {
        var push = new Push(_context, type, content);
        if (_cluster is EmbeddedCluster) return [.. clientIds.Select(id => _pushes.Deliver(id, push, ttl))];
        var delivery = new ClusterDelivery(_context, _cluster, _pushes, _outboxes, new ClusterMessage(push, type, ttl), clientIds);
        return await delivery.RunAsync(cancellationToken);
    }

    private ReadOnlyMemory<byte> Deliver(ReadOnlyMemory<byte> body)
    {
        var question = JsonSerializer.Deserialize(body.Span, NodeJson.Default.DeliverQuestion);
        if (question is not { Type: { Length: > 0 } type, Clients: { } clients }) throw new FormatException("The question names no type or no clients.");
        TimeSpan? ttl = question.TtlMs is { } ms ? TimeSpan.FromMilliseconds(Math.Clamp(ms, 1, (long)_context.Settings.MaxTtl.TotalMilliseconds)) : null;
        var push = new Push(_context, type, question.Content);
        return JsonSerializer.SerializeToUtf8Bytes(new DeliverAnswer([.. clients.Select(c => DeliverTo(c, push, ttl, question.Origin))]), NodeJson.Default.DeliverAnswer);
    }

    private DeliverOutcome DeliverTo(DeliverTarget target, Push push, TimeSpan? ttl, string? origin)
    {
        if (target.Id is not { } id || !_outboxes.Ids.TryRead(target.Message, out var ids, out var number)) throw new FormatException("The question names no client or no message.");
        var delivery = _pushes.DeliverHere(id, push, ttl, new MessageName(ids, number, origin ?? ""), isEntered: true);
        return new DeliverOutcome(NodeResults.NameOf(delivery?.Result ?? DeliveryResult.Gone), delivery?.IsNumbered == true);
    }

    private ReadOnlyMemory<byte> Settle(ReadOnlyMemory<byte> body)
    {
        foreach (var message in JsonSerializer.Deserialize(body.Span, NodeJson.Default.SettledQuestion)?.Messages ?? [])
        {
            if (message is { Id: { } id } && NodeResults.Of(message.Result) is { } result and (DeliveryResult.Delivered or DeliveryResult.Expired or DeliveryResult.Dropped)) _outboxes.Reported(id, result);
        }

        return default;
    }
}
