using System.Text.Json;

namespace HeartbeatGateway.Api.Messages;

/// <summary>A message for clients. Exactly one of text, json and base64 gives its content.</summary>
/// <param name="Type">The frame's type, 1 to 50 bytes of UTF-8.</param>
/// <param name="Text">The content as text.</param>
/// <param name="Json">The content as JSON; sent as it is written, without blanks outside of texts.</param>
/// <param name="Base64">The content as base64.</param>
internal sealed record MessageBody(string? Type, string? Text, JsonElement? Json, string? Base64);

/// <summary>A message for several clients.</summary>
/// <param name="Ids">The client ids, 1 to 1000.</param>
/// <param name="Type">The frame's type, 1 to 50 bytes of UTF-8.</param>
/// <param name="Text">The content as text.</param>
/// <param name="Json">The content as JSON.</param>
/// <param name="Base64">The content as base64.</param>
internal sealed record MultiMessageBody(IReadOnlyList<string>? Ids, string? Type, string? Text, JsonElement? Json, string? Base64);

/// <summary>What became of a message for one client.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="Result">queued: it will be sent, unless the connection ends first. slow: too much waits for the client already. gone: it is not connected.</param>
internal sealed record MessageResult(string ClientId, string Result);

/// <summary>What became of a message for several clients.</summary>
/// <param name="Results">One for each id, in the order of the ids.</param>
internal sealed record MessageResults(IReadOnlyList<MessageResult> Results);

/// <summary>What became of a message for all clients.</summary>
/// <param name="Queued">The number of connections that it was queued for.</param>
internal sealed record BroadcastResult(int Queued);
