using System.Buffers.Text;
using System.Security.Cryptography;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Frames;

/// <summary>What is needed of a hello's frame once its bytes are gone, while the cluster is asked.</summary>
/// <param name="Fingerprint">Identifies the token: base64url of its SHA-256; null with the scheme none, whose tokens have no meaning.</param>
/// <param name="Facts">Says in the log whose hello was refused.</param>
internal readonly record struct HelloClaim(string? Fingerprint, FrameClaims Facts)
{
    /// <param name="frame">The frame, whose token verified.</param>
    /// <param name="hello">Its content.</param>
    /// <param name="keyId">The id of its key.</param>
    /// <param name="settings">The settings in force.</param>
    /// <param name="unixSeconds">The current date, in seconds since 1970-01-01 UTC.</param>
    public static HelloClaim Of(in Frame frame, HelloPayload hello, string keyId, EngineSettings settings, long unixSeconds) => new(
        settings.Keyring.Scheme == TokenScheme.None ? null : FingerprintOf(frame.Token),
        new FrameClaims(hello.ClientId, keyId, FrameClaims.DateOf(frame), FrameClaims.SkewOf(frame, settings.TimeZone, unixSeconds)));

    /// <summary>The key id before the dot is not signed, so it is ignored.</summary>
    public static string FingerprintOf(ReadOnlySpan<byte> token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(token[(token.IndexOf((byte)'.') + 1)..], hash);
        return Base64Url.EncodeToString(hash);
    }
}
