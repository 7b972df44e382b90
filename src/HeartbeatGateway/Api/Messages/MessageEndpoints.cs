using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Audit;
using HeartbeatGateway.Api.Deliveries;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Api.Messages;

/// <summary>Sends messages to clients.</summary>
internal sealed class MessageEndpoints(IHeartbeatGateway gateway, OptionsInForce options, IdempotencyCache once, AuditLog audit, DeliveryWaits waits)
{
    private const int MaxIds = 1000;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/clients/{id}/messages", (string id, string? wait, HttpContext context, MessageEndpoints messages) => messages.SendAsync(id, MessageTime.Wait(wait), context))
            .AddEndpointFilter(KnownParameters.Of("wait")).Accepts<ClientMessageBody>("application/json")
            .Produces<MessageResult>().Produces<MessageResult>(StatusCodes.Status202Accepted).ProducesProblem(400).ProducesProblem(404).ProducesProblem(503).ProducesProblem(504)
            .RequireScope(ApiScope.Send).WithSummary("Sends a message to one client, or holds it for the client; with 'wait', answers when the result is final, at the latest after this number of seconds.");
        api.MapPost("/messages", (string? wait, HttpContext context, MessageEndpoints messages) => messages.SendToManyAsync(MessageTime.Wait(wait), context))
            .AddEndpointFilter(KnownParameters.Of("wait")).Accepts<MultiMessageBody>("application/json").Produces<MessageResults>().ProducesProblem(400).ProducesProblem(503)
            .RequireScope(ApiScope.Send).WithSummary("Sends a message to several clients, with a result for each.");
    }

    private async Task<IResult> SendAsync(string id, TimeSpan wait, HttpContext context)
    {
        if (!ClientId.IsValid(id)) return ApiProblem.BadRequest("invalid_client_id", $"'{ApiText.Quote(id)}' is not a client id.");
        var body = await ApiBody.ReadAsync(context, ApiJson.Default.ClientMessageBody);
        var message = MessageContent.Read(body.Type, body.Text, body.Json, body.Base64, options.Value.Frames.MaxContentBytes);
        var ttl = MessageTime.Ttl(body.TtlSeconds, options.Value.Messages.MaxTtl);
        return await waits.RunAsync(wait, async () =>
        {
            // Not cancelled by a caller that leaves: it may repeat the request with its key.
            var delivery = await OnceAsync(
                context, NameOf("send", id, ttl), message, () => gateway.DeliverAcrossNodesAsync(id, message.Type, message.Content, ttl, CancellationToken.None).AsTask(), "send", id,
                d => DeliveryMessage.NameOf(d.Result), IsTaken);
            await waits.WaitAsync([delivery], wait, context.RequestAborted);
            return Answer(delivery);
        });
    }

    private static IResult Answer(MessageDelivery delivery)
    {
        var result = MessageResult.Of(delivery);
        return result.Result switch
        {
            "queued" or "held" => Results.Json(result, ApiJson.Default.MessageResult, statusCode: StatusCodes.Status202Accepted),
            "slow" => ApiProblem.Create(
                StatusCodes.Status503ServiceUnavailable, "client_slow",
                $"Too much waits for the client '{delivery.ClientId}' already (Gateway:Outbound:MaxPendingBytes, Gateway:Messages:MaxHeldMessages, MaxHeldBytes), or for all clients (MaxHeldTotalBytes), so the message was dropped. Try again later."),
            "gone" => ApiProblem.NotFound("client_gone", $"The client '{delivery.ClientId}' is not connected, so the message was not sent. With 'ttlSeconds' it is held until the client connects."),
            "node_unreachable" => ApiProblem.Create(
                StatusCodes.Status503ServiceUnavailable, "node_unreachable",
                $"The client '{delivery.ClientId}' is not connected to this node, and its node or the cluster's directory cannot be reached, so the message was not sent. Try again later."),
            "unknown" => ApiProblem.Create(
                StatusCodes.Status504GatewayTimeout, "node_unknown",
                $"The node of the client '{delivery.ClientId}' has not answered, or has told no result: the message {delivery.MessageId} may have arrived, or may arrive still. A request that is repeated with the same Idempotency-Key sends nothing again."),
            _ => Results.Json(result, ApiJson.Default.MessageResult),
        };
    }

    private async Task<IResult> SendToManyAsync(TimeSpan wait, HttpContext context)
    {
        var body = await ApiBody.ReadAsync(context, ApiJson.Default.MultiMessageBody);
        var ids = body.Ids ?? [];
        if (ids.Count is 0 or > MaxIds) return ApiProblem.BadRequest("invalid_ids", $"The field 'ids' holds {ids.Count} client ids, but must hold 1 to {MaxIds}.");
        if (ids.FirstOrDefault(id => !ClientId.IsValid(id)) is { } wrong) return ApiProblem.BadRequest("invalid_client_id", $"'{ApiText.Quote(wrong)}' is not a client id.");
        var message = MessageContent.Read(body.Type, body.Text, body.Json, body.Base64, options.Value.Frames.MaxContentBytes);
        var ttl = MessageTime.Ttl(body.TtlSeconds, options.Value.Messages.MaxTtl);
        return await waits.RunAsync(wait, async () =>
        {
            var deliveries = await OnceAsync(
                context, NameOf("send", string.Join(' ', ids), ttl), message, () => gateway.DeliverToClientsAcrossNodesAsync(ids, message.Type, message.Content, ttl, CancellationToken.None).AsTask(),
                "send", ApiText.List(ids),
                all => string.Join(", ", all.CountBy(d => d.Result).Select(c => $"{c.Value} {DeliveryMessage.NameOf(c.Key)}")), all => all.Any(IsTaken), ids.Count);
            await waits.WaitAsync(deliveries, wait, context.RequestAborted);
            return Results.Json(new MessageResults([.. deliveries.Select(MessageResult.Of)]), ApiJson.Default.MessageResults);
        });
    }

    private Task<T> OnceAsync<T>(HttpContext context, string request, MessageContent message, Func<Task<T>> send, string action, string target, Func<T, string> outcome, Func<T, bool> isDone, int messages = 1)
        where T : notnull
    {
        var caller = ApiCaller.Of(context);
        byte[] identity = [.. System.Text.Encoding.UTF8.GetBytes($"{request}\n{message.Type}\n"), .. message.Content.Span];
        return once.OnceAsync(caller.Id, context.Request.Headers[IdempotencyCache.Header], identity, SendOnceAsync, isDone, messages);

        async Task<T> SendOnceAsync()
        {
            var result = await send();
            audit.Record(caller, action, target, outcome(result));
            return result;
        }
    }

    private static bool IsTaken(MessageDelivery delivery) => delivery.Result is not (DeliveryResult.Slow or DeliveryResult.Gone or DeliveryResult.NodeUnreachable);

    /// <summary>What distinguishes a request. How long it waits does not: a repetition may wait longer for the same message.</summary>
    private static string NameOf(string action, string target, TimeSpan? ttl) => ttl is { } time ? $"{action} {target} for {time.Ticks}" : $"{action} {target}";
}
