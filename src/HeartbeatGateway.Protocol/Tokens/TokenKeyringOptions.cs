using System.Collections.Immutable;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>The options of a <see cref="TokenKeyring"/>.</summary>
public sealed record TokenKeyringOptions
{
    /// <summary>The scheme. Default: <see cref="TokenScheme.HmacSha256"/>.</summary>
    public TokenScheme Scheme { get; init; } = TokenScheme.HmacSha256;

    /// <summary>
    /// The secrets. All of them verify received frames. The first one signs until a received frame has verified. Not used by
    /// <see cref="TokenScheme.None"/>.
    /// </summary>
    public ImmutableArray<TokenSecret> Secrets { get; init; } = [];

    /// <summary>The recipe of <see cref="TokenScheme.Digest"/>.</summary>
    public DigestRecipe Digest { get; init; } = DigestRecipe.Default;

    /// <summary>
    /// The largest accepted difference between a date and now, in both directions. Default: 5 minutes, enough for the clocks of most
    /// devices.
    /// </summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The time zone of the dates in frames. Default: UTC.</summary>
    public FrameTimeZone TimeZone { get; init; } = FrameTimeZone.Utc;
}
