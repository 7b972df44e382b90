using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary>What is known of a frame's token.</summary>
internal sealed record TokenFinding
{
    /// <summary>What a reader of the right direction would find.</summary>
    public required TokenOutcome Outcome { get; init; }

    /// <summary>A sentence for people.</summary>
    public required string Text { get; init; }

    /// <summary>The key that the token is of; null when none fits.</summary>
    public string? KeyId { get; init; }

    /// <summary>The end that accepts this token; null when none does, or both do.</summary>
    public TokenRole? Reader { get; init; }

    /// <summary>How far the date lies behind the clock; negative for the future. Null without a date.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>The first byte of the token field that no token has, from the field's start; null when there is none.</summary>
    public int? WrongByte { get; init; }

    /// <summary>What it probably is, or what to do.</summary>
    public IReadOnlyList<string> Hints { get; init; } = [];

    public bool IsVerified => Outcome == TokenOutcome.Verified;
}
