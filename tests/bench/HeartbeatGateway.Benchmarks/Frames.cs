using System.Buffers;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Benchmarks;

/// <summary>Frames and keys that the benchmarks share.</summary>
internal static class Frames
{
    /// <summary>2026-11-22 10:00:00 UTC.</summary>
    public const long Date = 1_795_341_600;

    public static TokenKeyring Keyring(TokenRole role, TokenScheme scheme = TokenScheme.HmacSha256) =>
        new(new TokenKeyringOptions { Scheme = scheme, Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] }, role);

    /// <summary>A client's ping with the date of a given second.</summary>
    public static byte[] Ping(long unixSeconds = Date, TokenScheme scheme = TokenScheme.HmacSha256) =>
        Keyring(TokenRole.Client, scheme).Keys[0].Bare.Ping(unixSeconds).ToArray();

    /// <summary>A frame without content, as the reader returns it.</summary>
    public static Frame Of(byte[] header) => new(header, ReadOnlySequence<byte>.Empty);
}
