using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Tokens;

/// <summary>The result of the examination of a frame's token.</summary>
internal sealed record TokenFinding
{
    /// <summary>The outcome for a reader of the right direction.</summary>
    public required TokenOutcome Outcome { get; init; }

    /// <summary>The result as a sentence.</summary>
    public required string Text { get; init; }

    /// <summary>The id of the key that made the token; null when no key fits.</summary>
    public string? KeyId { get; init; }

    /// <summary>The end that accepts this token; null when neither end does, or both do.</summary>
    public TokenRole? Reader { get; init; }

    /// <summary>How far the date is behind the clock; negative for a date in the future. Null without a date.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>Offset in the token field of the first byte that is not allowed in a token; null when there is none.</summary>
    public int? WrongByte { get; init; }

    /// <summary>Probable causes, or what to do.</summary>
    public IReadOnlyList<string> Hints { get; init; } = [];

    public bool IsVerified => Outcome == TokenOutcome.Verified;
}
