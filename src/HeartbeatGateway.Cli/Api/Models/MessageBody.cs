using System.Text.Json;

namespace HeartbeatGateway.Cli.Api.Models;

/// <summary>A message for one, several or all clients. At most one of text, json and base64 gives its content.</summary>
internal sealed record MessageBody
{
    public IReadOnlyList<string>? Ids { get; init; }

    public required string Type { get; init; }

    public string? Text { get; init; }

    public JsonElement? Json { get; init; }

    public string? Base64 { get; init; }

    /// <summary>How long it is held for clients that are away, and kept until it is acknowledged.</summary>
    public double? TtlSeconds { get; init; }
}

/// <summary>What became of a message, for each client in the order of the ids.</summary>
internal sealed record MessageResults(IReadOnlyList<MessageResult>? Results);

/// <summary>What became of a message for one client: queued, held, delivered, expired, dropped, slow or gone.</summary>
internal sealed record MessageResult(string? ClientId, string? Result);

/// <summary>The number of connections that a broadcast was queued for.</summary>
internal sealed record BroadcastResult(int? Queued);
