using System.Text.Json;
using System.Text.Json.Serialization;

namespace HeartbeatGateway.Bans;

/// <summary>The file of bans. Names are those of the HTTP API.</summary>
internal sealed record BanFileContent
{
    /// <summary>The bans, the newest first.</summary>
    public IReadOnlyList<BanFileEntry?>? Bans { get; init; }
}

/// <summary>One ban in the file. <see cref="Kind"/> and <see cref="Value"/> are enough when it is written by hand.</summary>
internal sealed record BanFileEntry
{
    /// <summary>Follows from kind and value; ignored when read.</summary>
    public string? Id { get; init; }

    /// <summary>client, address or key.</summary>
    public string? Kind { get; init; }

    /// <summary>The client id, address, network or key id.</summary>
    public string? Value { get; init; }

    public string? Comment { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public string? CreatedBy { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public bool IsAutomatic { get; init; }
}

/// <summary>Written for people: indented. Unknown fields are errors, since a misspelt one would be lost silently.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, WriteIndented = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false,
    AllowTrailingCommas = true)]
[JsonSerializable(typeof(BanFileContent))]
internal sealed partial class BanFileJson : JsonSerializerContext;
