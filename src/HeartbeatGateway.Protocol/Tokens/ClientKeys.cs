using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>
/// The two keys of one client whose secret is derived from a master: what its secret is encoded from, and the key of the direction gateway → client. Held
/// by value, so that a client costs 64 bytes.
/// </summary>
internal struct ClientKeys
{
    public const int KeyLength = HMACSHA256.HashSizeInBytes;

    private Bytes _derived;
    private Bytes _outbound;

    /// <param name="derived">From <see cref="Derive"/>.</param>
    public ClientKeys(ReadOnlySpan<byte> derived)
    {
        derived.CopyTo(_derived);
        Span<byte> secret = stackalloc byte[HmacTokenAlgorithm.TokenLength];
        Base64Url.EncodeToUtf8(derived, secret);
        HMACSHA256.HashData(secret, HmacTokenAlgorithm.OutboundLabel, _outbound);
    }

    /// <summary>Derives what the secret of a client is encoded from.</summary>
    /// <param name="master">The configured secret.</param>
    /// <param name="clientId">The client id, ASCII, at most <see cref="ClientId.MaxLength"/> bytes.</param>
    /// <param name="derived">Receives <see cref="KeyLength"/> bytes.</param>
    public static void Derive(ReadOnlySpan<byte> master, ReadOnlySpan<byte> clientId, Span<byte> derived)
    {
        var label = "heartbeatgateway client "u8;
        Span<byte> input = stackalloc byte[label.Length + ClientId.MaxLength];
        label.CopyTo(input);
        clientId.CopyTo(input[label.Length..]);
        HMACSHA256.HashData(master, input[..(label.Length + clientId.Length)], derived);
    }

    /// <summary>True when a frame of the client has this token. Takes one hash.</summary>
    /// <param name="derived">From <see cref="Derive"/>.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="token">The token without key id.</param>
    public static bool Verify(ReadOnlySpan<byte> derived, in Frame frame, ReadOnlySpan<byte> token)
    {
        Span<byte> secret = stackalloc byte[HmacTokenAlgorithm.TokenLength];
        Base64Url.EncodeToUtf8(derived, secret);
        Span<byte> expected = stackalloc byte[HmacTokenAlgorithm.TokenLength];
        HmacTokenAlgorithm.Compute(secret, frame.Header, frame.Content, expected);
        return ConstantTime.AreEqual(expected, token);
    }

    /// <inheritdoc cref="Verify(ReadOnlySpan{byte}, in Frame, ReadOnlySpan{byte})"/>
    public readonly bool Verify(in Frame frame, ReadOnlySpan<byte> token) => Verify(_derived, frame, token);

    /// <summary>True when these are the keys that were derived for a client id.</summary>
    public readonly bool AreOf(ReadOnlySpan<byte> derived) => ConstantTime.AreEqual(_derived, derived);

    /// <summary>Writes the token of a frame to the client.</summary>
    public readonly void Sign(ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content, Span<byte> token) =>
        HmacTokenAlgorithm.Compute(_outbound, header, content, token);

    [InlineArray(KeyLength)]
    private struct Bytes
    {
        private byte _first;
    }
}
