using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>The settings that frames are checked against.</summary>
internal sealed record ExplainSettings
{
    /// <summary>How tokens are verified; null when they are not.</summary>
    public TokenSettings? Tokens { get; init; }

    /// <summary>The direction of the frames: the end that reads them. Null when it is not known.</summary>
    public TokenRole? Reader { get; init; }

    /// <summary>The time zone of dates.</summary>
    public FrameTimeZone TimeZone { get; init; } = FrameTimeZone.Utc;

    /// <summary>The time that dates are compared with, in seconds since 1970-01-01 UTC.</summary>
    public required long Now { get; init; }

    /// <summary>
    /// True when <see cref="Now"/> is the time at which the frames were sent. A date outside the accepted age is then an error.
    /// </summary>
    public bool EnforceAge { get; init; }

    /// <summary>The largest accepted content, in bytes.</summary>
    public int MaxContentBytes { get; init; } = 65_536;
}
