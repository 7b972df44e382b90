using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Audit;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server;

namespace HeartbeatGateway.Api.Messages;

/// <summary>Sends messages to clients.</summary>
internal sealed class MessageEndpoints(IHeartbeatGateway gateway, OptionsInForce options, IdempotencyCache once, AuditLog audit)
{
    private const int MaxIds = 1000;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/clients/{id}/messages", (string id, HttpContext context, MessageEndpoints messages) => messages.SendAsync(id, context))
            .Accepts<MessageBody>("application/json").Produces<MessageResult>(StatusCodes.Status202Accepted).ProducesProblem(404).ProducesProblem(503)
            .RequireScope(ApiScope.Send).WithSummary("Sends a message to one client.");
        api.MapPost("/messages", (HttpContext context, MessageEndpoints messages) => messages.SendToManyAsync(context))
            .Accepts<MultiMessageBody>("application/json").Produces<MessageResults>()
            .RequireScope(ApiScope.Send).WithSummary("Sends a message to several clients, with a result for each.");
        api.MapPost("/broadcast", (HttpContext context, MessageEndpoints messages) => messages.BroadcastAsync(context))
            .Accepts<MessageBody>("application/json").Produces<BroadcastResult>()
            .RequireScope(ApiScope.Send).WithSummary("Sends a message to every connected client, anonymous ones included.");
    }

    private async Task<IResult> SendAsync(string id, HttpContext context)
    {
        if (!ClientId.IsValid(id)) return ApiProblem.BadRequest("invalid_client_id", $"'{ApiText.Quote(id)}' is not a client id.");
        var body = await ApiBody.ReadAsync(context, ApiJson.Default.MessageBody);
        var message = MessageContent.Read(body.Type, body.Text, body.Json, body.Base64, options.Value.Frames.MaxContentBytes);
        var result = Once(context, $"send {id}", message, () => new MessageResult(id, NameOf(gateway.SendToClient(id, message.Type, message.Content))), "send", id, r => r.Result);
        return result.Result switch
        {
            "queued" => Results.Json(result, ApiJson.Default.MessageResult, statusCode: StatusCodes.Status202Accepted),
            "slow" => ApiProblem.Create(StatusCodes.Status503ServiceUnavailable, "client_slow", $"Too much waits for the client '{id}' already (Gateway:Outbound:MaxPendingBytes), so the message was dropped. Try again later."),
            _ => ApiProblem.NotFound("client_gone", $"The client '{id}' is not connected, so the message was not sent."),
        };
    }

    private async Task<IResult> SendToManyAsync(HttpContext context)
    {
        var body = await ApiBody.ReadAsync(context, ApiJson.Default.MultiMessageBody);
        var ids = body.Ids ?? [];
        if (ids.Count is 0 or > MaxIds) return ApiProblem.BadRequest("invalid_ids", $"The field 'ids' holds {ids.Count} client ids, but must hold 1 to {MaxIds}.");
        if (ids.FirstOrDefault(id => !ClientId.IsValid(id)) is { } wrong) return ApiProblem.BadRequest("invalid_client_id", $"'{ApiText.Quote(wrong)}' is not a client id.");
        var message = MessageContent.Read(body.Type, body.Text, body.Json, body.Base64, options.Value.Frames.MaxContentBytes);
        var result = Once(
            context, $"send {string.Join(' ', ids)}", message,
            () => new MessageResults([.. gateway.SendToClients(ids, message.Type, message.Content).Zip(ids, (sent, id) => new MessageResult(id, NameOf(sent)))]),
            "send", ApiText.List(ids), r => string.Join(", ", r.Results.CountBy(x => x.Result).Select(c => $"{c.Value} {c.Key}")));
        return Results.Json(result, ApiJson.Default.MessageResults);
    }

    private async Task<IResult> BroadcastAsync(HttpContext context)
    {
        var body = await ApiBody.ReadAsync(context, ApiJson.Default.MessageBody);
        var message = MessageContent.Read(body.Type, body.Text, body.Json, body.Base64, options.Value.Frames.MaxContentBytes);
        var result = Once(
            context, "broadcast", message, () => new BroadcastResult(gateway.Broadcast(message.Type, message.Content)), "broadcast", "all clients", r => $"{r.Queued} queued");
        return Results.Json(result, ApiJson.Default.BroadcastResult);
    }

    private T Once<T>(HttpContext context, string request, MessageContent message, Func<T> send, string action, string target, Func<T, string> outcome)
        where T : notnull
    {
        var caller = ApiCaller.Of(context);
        byte[] identity = [.. System.Text.Encoding.UTF8.GetBytes($"{request}\n{message.Type}\n"), .. message.Content.Span];
        return once.Once(caller.Id, context.Request.Headers[IdempotencyCache.Header], identity, () =>
        {
            var result = send();
            audit.Record(caller, action, target, outcome(result));
            return result;
        });
    }

    private static string NameOf(SendResult result) => result switch
    {
        SendResult.Accepted => "queued",
        SendResult.TooMuchPending => "slow",
        _ => "gone",
    };
}
