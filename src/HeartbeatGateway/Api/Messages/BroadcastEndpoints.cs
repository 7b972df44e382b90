using System.Text;
using HeartbeatGateway.Api.Access;
using HeartbeatGateway.Api.Audit;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server;

namespace HeartbeatGateway.Api.Messages;

/// <summary>Sends messages to every client of every node.</summary>
internal sealed class BroadcastEndpoints(IHeartbeatGateway gateway, OptionsInForce options, IdempotencyCache once, AuditLog audit, NodeQuestions nodes)
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/broadcast", (HttpContext context, BroadcastEndpoints messages) => messages.SendAsync(context))
            .Accepts<MessageBody>("application/json").Produces<BroadcastResult>()
            .RequireScope(ApiScope.Send).WithSummary("Sends a message to every connected client of all nodes, anonymous ones included.");

    /// <summary>Sends a message to the clients of this node.</summary>
    public BroadcastAnswer SendHere(BroadcastQuestion question) => new(gateway.Broadcast(question.Type, question.Content));

    private async Task<IResult> SendAsync(HttpContext context)
    {
        var body = await ApiBody.ReadAsync(context, ApiJson.Default.MessageBody);
        var message = MessageContent.Read(body.Type, body.Text, body.Json, body.Base64, options.Value.Frames.MaxContentBytes);
        var caller = ApiCaller.Of(context);
        byte[] identity = [.. Encoding.UTF8.GetBytes($"broadcast\n{message.Type}\n"), .. message.Content.Span];
        // With other nodes it is done in any case, and a repetition waits for the same answers.
        var result = await once.OnceAsync(
            caller.Id, context.Request.Headers[IdempotencyCache.Header], identity, () => BeginAsync(message, caller), broadcast => nodes.IsCluster || broadcast.Queued > 0);
        return Results.Json(result, ApiJson.Default.BroadcastResult);
    }

    /// <summary>Sends it to the clients of this node at once, then to the other nodes.</summary>
    private Task<BroadcastResult> BeginAsync(MessageContent message, ApiCaller caller) => AskOthersAsync(message, gateway.Broadcast(message.Type, message.Content), caller);

    private async Task<BroadcastResult> AskOthersAsync(MessageContent message, int queued, ApiCaller caller)
    {
        IReadOnlyList<string>? incomplete = null;
        if (nodes.IsCluster)
        {
            // A caller that leaves does not end it: others may have asked for the same.
            var targets = await nodes.FindTargetsAsync(null, CancellationToken.None);
            var answers = await nodes.AskAllAsync(NodeVerb.Broadcast, new BroadcastQuestion(message.Type, message.Content.ToArray()), targets, CancellationToken.None);
            queued += answers.Answers.Sum(a => a.Answer.Queued);
            incomplete = answers.Incomplete;
        }

        audit.Record(caller, "broadcast", "all clients", $"{queued} queued{(incomplete is { Count: > 0 } ? $"; no answer from {ApiText.List(incomplete)}" : "")}");
        return new BroadcastResult(queued, incomplete);
    }
}
