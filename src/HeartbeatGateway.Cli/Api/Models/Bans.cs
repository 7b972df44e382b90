namespace HeartbeatGateway.Cli.Api.Models;

/// <summary>The bans in force.</summary>
internal sealed record BanListing(IReadOnlyList<Ban>? Bans);

/// <summary>One ban.</summary>
internal sealed record Ban
{
    public string? Id { get; init; }

    /// <summary>client, address or key.</summary>
    public string? Kind { get; init; }

    public string? Value { get; init; }

    public string? Comment { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public string? CreatedBy { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public bool? IsAutomatic { get; init; }

    /// <summary>How many connections it has refused.</summary>
    public long? Refused { get; init; }

    /// <summary>How many connected clients it matches now.</summary>
    public int? MatchingCount { get; init; }

    public IReadOnlyList<string>? Matching { get; init; }
}

/// <summary>A new ban. One of clientId, address and keyId.</summary>
internal sealed record BanBody
{
    public string? ClientId { get; init; }

    public string? Address { get; init; }

    public string? KeyId { get; init; }

    public string? Comment { get; init; }

    public string? ExpiresAt { get; init; }

    public double? DurationSeconds { get; init; }

    public bool? DryRun { get; init; }
}

/// <summary>A ban that was added, and how many connections it closed.</summary>
internal sealed record BanResult(Ban? Ban, int? Closed);
