using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Support;

/// <summary>The keyrings that the tests share.</summary>
internal static class Keyrings
{
    public static TokenKeyring Gateway { get; } = Hmac(TokenRole.Gateway, ("k1", TestFrame.Secret));

    public static TokenKeyring Client { get; } = Hmac(TokenRole.Client, ("k1", TestFrame.Secret));

    public static TokenKeyring Hmac(TokenRole role, params (string Id, string Secret)[] secrets) =>
        new(new TokenKeyringOptions { Secrets = [.. secrets.Select(s => new TokenSecret(s.Id, s.Secret))] }, role);

    public static TokenKeyring Of(TokenScheme scheme, string zone = "UTC", TokenRole role = TokenRole.Gateway) =>
        new(
            new TokenKeyringOptions { Scheme = scheme, Secrets = [new TokenSecret("k1", TestFrame.Secret)], TimeZone = Zone(zone) },
            role);

    /// <summary>A keyring of the scheme <c>digest</c> with a recipe.</summary>
    public static TokenKeyring Digest(string recipe, TokenRole role = TokenRole.Gateway)
    {
        Assert.True(DigestRecipe.TryCreate("SHA1", DigestOutput.Hex, recipe, out var digest, out var error), error);
        return new(new TokenKeyringOptions { Scheme = TokenScheme.Digest, Secrets = [new TokenSecret("k1", TestFrame.Secret)], Digest = digest }, role);
    }

    public static FrameTimeZone Zone(string text)
    {
        Assert.True(FrameTimeZone.TryParse(text, out var zone, out var error), error);
        return zone;
    }
}
