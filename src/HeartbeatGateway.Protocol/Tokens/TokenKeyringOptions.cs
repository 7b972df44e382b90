using System.Collections.Immutable;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>What a keyring is made of.</summary>
public sealed record TokenKeyringOptions
{
    /// <summary>The scheme. Default: <see cref="TokenScheme.HmacSha256"/>.</summary>
    public TokenScheme Scheme { get; init; } = TokenScheme.HmacSha256;

    /// <summary>The secrets, all of which verify; the first one signs until a frame has been verified. Not used by <see cref="TokenScheme.None"/>.</summary>
    public ImmutableArray<TokenSecret> Secrets { get; init; } = [];

    /// <summary>The recipe of <see cref="TokenScheme.Digest"/>.</summary>
    public DigestRecipe Digest { get; init; } = DigestRecipe.Default;

    /// <summary>How far a date may lie from now, either way. Default: 5 minutes, which forgives the clocks of most devices.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The wall clock that dates are written on. Default: UTC.</summary>
    public FrameTimeZone TimeZone { get; init; } = FrameTimeZone.Utc;
}
