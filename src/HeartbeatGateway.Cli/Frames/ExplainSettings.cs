using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>What frames are held against.</summary>
internal sealed record ExplainSettings
{
    /// <summary>How tokens are verified; null when they are not.</summary>
    public TokenSettings? Tokens { get; init; }

    /// <summary>Which way the frames went: the end that reads them. Null when it is not known.</summary>
    public TokenRole? Reader { get; init; }

    /// <summary>The wall clock of dates.</summary>
    public FrameTimeZone TimeZone { get; init; } = FrameTimeZone.Utc;

    /// <summary>Seconds since 1970-01-01 UTC.</summary>
    public required long Now { get; init; }

    /// <summary>True when <see cref="Now"/> is when the frames were sent: a date outside the accepted age is then wrong, and not just old.</summary>
    public bool JudgesAge { get; init; }

    /// <summary>The largest content that is accepted.</summary>
    public int MaxContentBytes { get; init; } = 65_536;
}
