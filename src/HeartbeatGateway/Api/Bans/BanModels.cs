namespace HeartbeatGateway.Api.Bans;

/// <summary>What to ban. Exactly one of clientId, address and keyId.</summary>
internal sealed record BanBody
{
    /// <summary>A client id.</summary>
    public string? ClientId { get; init; }

    /// <summary>An address, or a network such as 10.1.0.0/16.</summary>
    public string? Address { get; init; }

    /// <summary>The id of a token key.</summary>
    public string? KeyId { get; init; }

    /// <summary>Why, for operators: up to 200 characters. It is not sent to clients.</summary>
    public string? Comment { get; init; }

    /// <summary>When the ban ends. Default: it does not.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>How long the ban lasts, instead of expiresAt.</summary>
    public double? DurationSeconds { get; init; }

    /// <summary>Bans nothing, and tells whom it would match.</summary>
    public bool DryRun { get; init; }
}

/// <summary>A ban.</summary>
/// <param name="Id">Its name: always the same for one kind and value.</param>
/// <param name="Kind">client, address or key.</param>
/// <param name="Value">The client id, address, network or key id.</param>
/// <param name="Comment">Why; null without a comment.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="CreatedBy">By which key of the API, or (automatic) or (file).</param>
/// <param name="ExpiresAt">When it ends; null: it does not.</param>
/// <param name="IsAutomatic">The gateway made it, because the client or address connected too often.</param>
/// <param name="Refused">Connections that it refused since the gateway runs.</param>
/// <param name="MatchingCount">Open connections that it matches.</param>
/// <param name="Matching">The first 100 of them: client ids, and # with the connection's number for those without one.</param>
internal sealed record BanEntry(
    string Id, string Kind, string Value, string? Comment, DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? ExpiresAt, bool IsAutomatic,
    long Refused, int MatchingCount, IReadOnlyList<string> Matching);

/// <summary>The bans in force.</summary>
/// <param name="Bans">The newest first.</param>
/// <param name="Automatic">What automatic bans do.</param>
internal sealed record BanListing(IReadOnlyList<BanEntry> Bans, AutomaticBanState Automatic);

/// <summary>Automatic bans.</summary>
/// <param name="Mode">off, observe or enforce.</param>
/// <param name="Made">Bans made since the gateway runs.</param>
/// <param name="Observed">Bans that would have been made, in mode observe.</param>
/// <param name="WouldBeBanned">Those that would be in force now, the latest first; at most 100.</param>
internal sealed record AutomaticBanState(string Mode, long Made, long Observed, IReadOnlyList<ObservedBan> WouldBeBanned);

/// <summary>A ban that would have been made.</summary>
/// <param name="Kind">client or address.</param>
/// <param name="Value">The client id, address or network.</param>
/// <param name="Comment">Why.</param>
/// <param name="CreatedAt">When it would have been made.</param>
/// <param name="ExpiresAt">When it would end.</param>
internal sealed record ObservedBan(string Kind, string Value, string? Comment, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);

/// <summary>What a ban did, or in a dry run would do.</summary>
/// <param name="Ban">The ban, and whom it matched.</param>
/// <param name="Closed">Connections that were closed.</param>
internal sealed record BanResult(BanEntry Ban, int Closed);
