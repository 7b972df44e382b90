using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tokens;

/// <summary>The token base64url(HMAC-SHA256(key, frame without its token field)), 43 characters.</summary>
internal sealed class HmacTokenAlgorithm : TokenAlgorithm
{
    /// <summary>The length of a token without key id, in characters.</summary>
    public const int TokenLength = 43;

    private const int SignedHeaderLength = FrameFormat.HeaderLength - FrameFormat.FieldLength;
    private const int StackContentLength = 512;

    private readonly byte[] _key;

    private HmacTokenAlgorithm(byte[] key) => _key = key;

    /// <summary>Derives the key of the direction gateway → client from a secret.</summary>
    public static ReadOnlySpan<byte> OutboundLabel => "heartbeatgateway outbound"u8;

    public override int Length => TokenLength;

    public override bool AllowsKeyId => true;

    /// <summary>Client → gateway: the key is the secret.</summary>
    public static HmacTokenAlgorithm ForClientToGateway(TokenSecret secret) => new(secret.Bytes.ToArray());

    /// <summary>Gateway → client: a derived key, so that an answer of the gateway cannot be replayed to it as a request.</summary>
    public static HmacTokenAlgorithm ForGatewayToClient(TokenSecret secret) =>
        new(HMACSHA256.HashData(secret.Bytes, OutboundLabel));

    public override void Compute(ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content, Span<byte> token) => Compute(_key, header, content, token);

    /// <inheritdoc cref="TokenAlgorithm.Compute"/>
    /// <param name="key">The key of the direction.</param>
    /// <param name="header"/><param name="content"/><param name="token"/>
    public static void Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content, Span<byte> token)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (content.Length <= StackContentLength)
        {
            Span<byte> signed = stackalloc byte[SignedHeaderLength + StackContentLength];
            header[..FrameFormat.TokenOffset].CopyTo(signed);
            header[FrameFormat.CreatedOffset..].CopyTo(signed[FrameFormat.TokenOffset..]);
            content.CopyTo(signed[SignedHeaderLength..]);
            HMACSHA256.HashData(key, signed[..(SignedHeaderLength + (int)content.Length)], mac);
        }
        else
        {
            using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
            hash.AppendData(header[..FrameFormat.TokenOffset]);
            hash.AppendData(header[FrameFormat.CreatedOffset..]);
            foreach (var segment in content) hash.AppendData(segment.Span);
            hash.GetHashAndReset(mac);
        }

        Base64Url.EncodeToUtf8(mac, token);
    }

    public override bool IsWellFormed(ReadOnlySpan<byte> token) =>
        token.Length == TokenLength && !token.ContainsAnyExcept(TokenAlphabets.Base64Url);

    public override void Describe(ReadOnlySpan<byte> header, in ReadOnlySequence<byte> content, SignedBytesText text) =>
        text.Bytes(header[..FrameFormat.TokenOffset]).Bytes(header[FrameFormat.CreatedOffset..]).Content(content);
}
