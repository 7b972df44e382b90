using System.Text.Json.Serialization;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>One message, as it moves between nodes.</summary>
/// <param name="Id">Its id; unique among all messages of all gateways.</param>
/// <param name="Origin">The epoch of the node that is told the result; null for none.</param>
/// <param name="Number">Its number; 0 when it was never sent.</param>
/// <param name="Type">The type, in bytes.</param>
/// <param name="Content">The content.</param>
/// <param name="LeftMs">The time until it expires, in milliseconds.</param>
internal sealed record StoredMessage(string Id, string? Origin, long Number, ReadOnlyMemory<byte> Type, ReadOnlyMemory<byte> Content, long LeftMs);

/// <summary>What one node gives up of a client.</summary>
/// <param name="V">The version of the format.</param>
internal sealed record StoredDelivery(int V)
{
    /// <summary>The numbering of messages for the client.</summary>
    public string? Pushes { get; init; }

    /// <summary>The highest number in it that was sent.</summary>
    public long Highest { get; init; }

    /// <summary>The messages that are not acknowledged, in order.</summary>
    public IReadOnlyList<StoredMessage>? Messages { get; init; }

    /// <summary>The instance whose messages were received.</summary>
    public string? Instance { get; init; }

    /// <summary>The number through which they are accepted.</summary>
    public long? Accepted { get; init; }
}

/// <summary>A message that is held for a client.</summary>
/// <param name="V">The version of the format.</param>
/// <param name="Message">The message.</param>
internal sealed record StoredHeld(int V, StoredMessage? Message);

/// <summary>The question <c>deliver</c>: one message for clients of the node that is asked.</summary>
/// <param name="Origin">The epoch of the node that asks.</param>
/// <param name="Type">The frame's type.</param>
/// <param name="Content">The content.</param>
/// <param name="TtlMs">As <see cref="IHeartbeatGateway.DeliverToClient"/> takes it, in milliseconds; null for none.</param>
/// <param name="Clients">The clients.</param>
internal sealed record DeliverQuestion(string? Origin, string? Type, ReadOnlyMemory<byte> Content, long? TtlMs, IReadOnlyList<DeliverTarget>? Clients);

/// <summary>One client of a <see cref="DeliverQuestion"/>.</summary>
/// <param name="Id">The client.</param>
/// <param name="Message">The id of the message for it.</param>
internal sealed record DeliverTarget(string? Id, string? Message);

/// <summary>The answer to <c>deliver</c>.</summary>
/// <param name="Results">One for each client, in the order of the question.</param>
internal sealed record DeliverAnswer(IReadOnlyList<DeliverOutcome>? Results);

/// <summary>What has become of a message for one client.</summary>
/// <param name="Result">The result, as <see cref="NodeResults"/> names it.</param>
/// <param name="IsNumbered">The client acknowledges it, so that the final result is told by <c>settled</c>.</param>
internal sealed record DeliverOutcome(string? Result, bool IsNumbered);

/// <summary>The question <c>settled</c>: final results of messages that the node that is asked has accepted. Its answer is empty.</summary>
/// <param name="Messages">The messages.</param>
internal sealed record SettledQuestion(IReadOnlyList<SettledMessage>? Messages);

/// <summary>The final result of a message.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Result">The result, as <see cref="NodeResults"/> names it.</param>
internal sealed record SettledMessage(string? Id, string? Result);

/// <summary>What nodes write to each other about messages.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoredDelivery))]
[JsonSerializable(typeof(StoredHeld))]
[JsonSerializable(typeof(DeliverQuestion))]
[JsonSerializable(typeof(DeliverAnswer))]
[JsonSerializable(typeof(SettledQuestion))]
internal sealed partial class NodeJson : JsonSerializerContext;
