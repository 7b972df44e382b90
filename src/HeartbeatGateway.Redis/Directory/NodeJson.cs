using System.Text.Json.Serialization;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>A node, in the hash of nodes.</summary>
internal sealed record NodeInfo(string Name, DateTimeOffset? StartedAt, string? Version)
{
    /// <summary>Its lease in milliseconds.</summary>
    public long? Lease { get; init; }
}

/// <summary>An entry, in the hash of a partition or as the last connection of a client that has left (docs/cluster.md).</summary>
internal sealed record EntryJson
{
    public required long G { get; init; }

    public required string E { get; init; }

    public required string C { get; init; }

    public required string S { get; init; }

    public string? I { get; init; }

    public long? A { get; init; }

    public required long T { get; init; }

    public int R { get; init; }
}

/// <summary>The question <c>takeover</c>. With <c>restore</c> the close may be retried: Restore decided it.</summary>
internal sealed record TakeoverQuestion(string ClientId, long Generation, string? Instance)
{
    public bool Restore { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NodeInfo))]
[JsonSerializable(typeof(EntryJson))]
[JsonSerializable(typeof(TakeoverQuestion))]
[JsonSerializable(typeof(string))]
internal sealed partial class NodeJson : JsonSerializerContext;
