using System.Text.Json;
using System.Text.Json.Serialization;
using HeartbeatGateway.Api.Deliveries;
using HeartbeatGateway.Server.Delivery;

namespace HeartbeatGateway.Api.Messages;

/// <summary>A message for all clients. Exactly one of text, json and base64 gives its content.</summary>
/// <param name="Type">The frame's type, 1 to 50 bytes of UTF-8.</param>
/// <param name="Text">The content as text.</param>
/// <param name="Json">The content as JSON; sent as it is written, without blanks outside of texts.</param>
/// <param name="Base64">The content as base64.</param>
internal sealed record MessageBody(string? Type, string? Text, JsonElement? Json, string? Base64);

/// <summary>A message for one client. Exactly one of text, json and base64 gives its content.</summary>
/// <param name="Type">The frame's type, 1 to 50 bytes of UTF-8.</param>
/// <param name="Text">The content as text.</param>
/// <param name="Json">The content as JSON; sent as it is written, without blanks outside of texts.</param>
/// <param name="Base64">The content as base64.</param>
/// <param name="TtlSeconds">How long the message is held for a client that is not connected, and kept until it is acknowledged.</param>
internal sealed record ClientMessageBody(string? Type, string? Text, JsonElement? Json, string? Base64, double? TtlSeconds);

/// <summary>A message for several clients.</summary>
/// <param name="Ids">The client ids, 1 to 1000.</param>
/// <param name="Type">The frame's type, 1 to 50 bytes of UTF-8.</param>
/// <param name="Text">The content as text.</param>
/// <param name="Json">The content as JSON.</param>
/// <param name="Base64">The content as base64.</param>
/// <param name="TtlSeconds">How long the message is held for clients that are not connected, and kept until it is acknowledged.</param>
internal sealed record MultiMessageBody(IReadOnlyList<string>? Ids, string? Type, string? Text, JsonElement? Json, string? Base64, double? TtlSeconds);

/// <summary>What became of a message for one client.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="Result">
/// queued: sent, and not acknowledged yet, or the client acknowledges nothing. held: kept until the client connects. delivered: acknowledged. expired: not
/// acknowledged in time. dropped: the gateway stops. slow: too much waits already. gone: the client is not connected. node_unreachable: nothing was sent, since
/// the client's node or the cluster's directory cannot be reached. unknown: the client's node has not answered, and the message may have arrived.
/// </param>
/// <param name="MessageId">Names the message in the stream of deliveries.</param>
/// <param name="Numbered">The client acknowledges the message, so that its end is in the stream of deliveries.</param>
internal sealed record MessageResult(string ClientId, string Result, string MessageId, bool Numbered)
{
    public static MessageResult Of(MessageDelivery delivery) => new(delivery.ClientId, DeliveryMessage.NameOf(delivery.Result), delivery.MessageId, delivery.IsNumbered);
}

/// <summary>What became of a message for several clients.</summary>
/// <param name="Results">One for each id, in the order of the ids.</param>
internal sealed record MessageResults(IReadOnlyList<MessageResult> Results);

/// <summary>What became of a message for all clients.</summary>
/// <param name="Queued">The number of connections that it was queued for.</param>
/// <param name="Incomplete">In a cluster: the nodes that did not answer, whose clients may have got it; <c>*</c> while the nodes are not known.</param>
internal sealed record BroadcastResult(int Queued, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Incomplete = null);
