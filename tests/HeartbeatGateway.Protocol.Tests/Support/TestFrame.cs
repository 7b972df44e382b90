using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Support;

/// <summary>A frame that is encoded as docs/protocol.md says, without the code under test.</summary>
internal sealed record TestFrame
{
    public const long Now = 1795341600;
    public const string NowText = "2026-11-22 10:00:00";
    public const string Secret = "a secret for tests only";

    public byte[] Type { get; init; } = "ping"u8.ToArray();

    public byte[] Token { get; init; } = [];

    public byte[] Created { get; init; } = Encoding.ASCII.GetBytes(NowText);

    public byte[] Content { get; init; } = [];

    public static TestFrame Ping(string created = NowText) => new() { Created = Encoding.UTF8.GetBytes(created) };

    public static TestFrame Message(string content) => new() { Type = "message"u8.ToArray(), Content = Encoding.UTF8.GetBytes(content) };

    public byte[] ToBytes()
    {
        var bytes = new byte[158 + Content.Length];
        bytes[3] = 0x76;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), Content.Length);
        Type.CopyTo(bytes, 8);
        Token.CopyTo(bytes, 58);
        Created.CopyTo(bytes, 108);
        Content.CopyTo(bytes, 158);
        return bytes;
    }

    /// <summary>The same frame with an hmac-sha256 token.</summary>
    public TestFrame Signed(string secret = Secret, string? keyId = null, bool fromGateway = false) =>
        this with { Token = Encoding.ASCII.GetBytes((keyId is null ? "" : keyId + ".") + Hmac(secret, fromGateway)) };

    /// <summary>Reads one complete frame and verifies it.</summary>
    public static TokenVerdict Verify(TokenKeyring keyring, byte[] bytes, long now = Now) =>
        Verify(keyring, new ReadOnlySequence<byte>(bytes), now);

    public static TokenVerdict Verify(TokenKeyring keyring, ReadOnlySequence<byte> bytes, long now = Now, TokenSigner? signer = null)
    {
        var reader = default(FrameReader);
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        Assert.Equal(FrameReadStatus.Complete, reader.TryRead(ref bytes, scratch, 65536, FrameResync.Strict, out var frame));
        return keyring.Verify(frame, now, signer);
    }

    public TokenVerdict VerifyBy(TokenKeyring keyring, long now = Now) => Verify(keyring, ToBytes(), now);

    private string Hmac(string secret, bool fromGateway)
    {
        var frame = ToBytes();
        var key = Encoding.UTF8.GetBytes(secret);
        if (fromGateway) key = HMACSHA256.HashData(key, "heartbeatgateway outbound"u8);
        byte[] signed = [.. frame[..58], .. frame[108..158], .. frame[158..]];
        return Base64Url.EncodeToString(HMACSHA256.HashData(key, signed));
    }
}
