using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Server.Bans;

/// <summary>A client id, a network or a token key whose connections are refused. Made by <see cref="TryCreate"/>.</summary>
public sealed record Ban
{
    /// <summary>The most bans that a gateway holds, which take about 4 MB.</summary>
    public const int MaxCount = 10_000;

    private const int IdBytes = 6;
    private const int MaxQuotedChars = 100;

    private Ban(BanKind kind, string value, NetworkPrefix network)
    {
        (Kind, Value, Network) = (kind, value, network);
        Id = $"b-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind} {value}")).AsSpan(0, IdBytes))}";
    }

    /// <summary>Names the ban: always the same for one kind and value.</summary>
    public string Id { get; }

    /// <summary>What it is about.</summary>
    public BanKind Kind { get; }

    /// <summary>The client id, the key id, the address, or the network as <c>10.1.0.0/16</c>. IPv4 addresses mapped to IPv6 are written as IPv4.</summary>
    public string Value { get; }

    /// <summary>Why, for operators; null without one. It is not sent to clients.</summary>
    public string? Comment { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who made it.</summary>
    public string CreatedBy { get; init; } = "";

    /// <summary>From this time on it has no effect; null: it does not expire.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The gateway made it, because a client id or an address connected too often.</summary>
    public bool IsAutomatic { get; init; }

    /// <summary>The addresses of a ban of addresses.</summary>
    internal NetworkPrefix Network { get; }

    /// <summary>Makes a ban that does not expire.</summary>
    /// <param name="kind">What it is about.</param>
    /// <param name="value">The client id, the key id, or the address or network.</param>
    /// <param name="ban">The ban; null when the value is not valid.</param>
    /// <param name="error">What is wrong with the value and what it must be, as a sentence; null when it is valid. The value in it is escaped.</param>
    public static bool TryCreate(BanKind kind, string value, [NotNullWhen(true)] out Ban? ban, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(value);
        ban = null;
        var network = default(NetworkPrefix);
        var fault = kind switch
        {
            BanKind.Client => ClientId.IsValid(value) ? null : $"is not a client id: those have 1 to {ClientId.MaxLength} characters of A-Z a-z 0-9 . _ : -",
            BanKind.Key => TokenSecret.IsValidId(value) ? null : $"is not a key id: those have 1 to {TokenSecret.MaxIdLength} characters of A-Z a-z 0-9 _ -",
            BanKind.Address => NetworkPrefix.TryParse(value, out network, out var wrong) ? null : wrong,
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of ban."),
        };
        if (fault is null && kind == BanKind.Address && network.IsLoopback) fault = "is a loopback address, which is never banned";
        error = fault is null ? null : $"'{PrintableText.From(value, MaxQuotedChars)}' {fault}.";
        if (fault is null) ban = new Ban(kind, kind == BanKind.Address ? $"{network}" : value, network);
        return fault is null;
    }
}
