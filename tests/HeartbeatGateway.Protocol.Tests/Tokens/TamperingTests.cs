using System.Buffers;
using System.Globalization;
using System.Text;
using CsCheck;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Tokens;

public class TamperingTests
{
    // Several keys, so that a flipped bit may turn one key id into another.
    private static readonly TokenKeyring Keyring =
        Keyrings.Hmac(TokenRole.Gateway, ("k1", TestFrame.Secret), ("k2", "a second secret for tests"), ("1", "a third secret for tests"));

    private static readonly Gen<TestFrame> SignedFrames = Gen.Select(Gen.Bool, Gen.Byte.Array[0, 30], Gen.Bool, (isPing, content, named) =>
        (isPing ? TestFrame.Ping() : TestFrame.Message("") with { Content = content }).Signed(keyId: named ? "k1" : null));

    [Fact]
    public void A_flipped_bit_outside_the_token_padding_never_verifies() =>
        Gen.Select(SignedFrames, Gen.Int[0, int.MaxValue]).Sample((frame, place) =>
        {
            var bytes = frame.ToBytes();
            var bit = place % ((bytes.Length - 50 + frame.Token.Length) * 8);
            var at = bit / 8;
            if (at >= 58 + frame.Token.Length) at += 50 - frame.Token.Length;
            bytes[at] ^= (byte)(1 << (bit % 8));
            return !IsAccepted(bytes, Keyring);
        }, iter: 20_000);

    [Theory]
    [InlineData(null)]
    [InlineData("k1")]
    public void No_flipped_bit_of_a_plain_ping_verifies(string? keyId)
    {
        var frame = TestFrame.Ping().Signed(keyId: keyId);
        Assert.True(IsAccepted(frame.ToBytes(), Keyring));
        for (var bit = 0; bit < 158 * 8; bit++)
        {
            if (bit / 8 is >= 58 and < 108 && bit / 8 >= 58 + frame.Token.Length) continue;
            var bytes = frame.ToBytes();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(IsAccepted(bytes, Keyring), $"bit {bit % 8} of byte {bit / 8}");
        }
    }

    [Fact]
    public void No_other_last_character_of_a_token_verifies()
    {
        // The last of the 43 characters holds 4 bits of the hash and 2 unused bits.
        var frame = TestFrame.Message("x").Signed();
        foreach (var last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8)
        {
            var isOriginal = last == frame.Token[^1];
            Assert.Equal(isOriginal, (frame with { Token = [.. frame.Token[..^1], last] }).VerifyBy(Keyring).IsVerified);
        }
    }

    [Fact]
    public void Rejects_every_truncated_token()
    {
        TestFrame[] frames = [TestFrame.Ping().Signed(), TestFrame.Ping().Signed(keyId: "k1"), TestFrame.Message("x").Signed()];
        foreach (var frame in frames)
        {
            for (var length = 0; length < frame.Token.Length; length++)
            {
                Assert.False((frame with { Token = frame.Token[..length] }).VerifyBy(Keyring).IsVerified);
            }
        }
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        TokenKeyring[] keyrings =
        [
            Keyring,
            Keyrings.Client,
            Keyrings.Of(TokenScheme.HmacSha256, "Europe/Berlin"),
            Keyrings.Of(TokenScheme.Digest, "America/New_York"),
            Keyrings.Of(TokenScheme.None),
        ];
        Gen.Select(Inputs, Gen.Enum<FrameResync>(), Gen.Int[0, keyrings.Length - 1], Gen.Int[1, 200], (bytes, resync, keyring, size) =>
            (bytes, resync, keyring: keyrings[keyring], size)).Sample(
            x =>
            {
                var buffer = Segments.Of(x.bytes.Chunk(x.size));
                var reader = default(FrameReader);
                Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
                while (reader.TryRead(ref buffer, scratch, 256, x.resync, out var frame) == FrameReadStatus.Complete)
                {
                    var verdict = x.keyring.Verify(frame, TestFrame.Now);
                    Assert.False(verdict.IsVerified && x.keyring.Scheme != TokenScheme.None, "Random bytes verified.");
                    _ = frame.TypeText;
                }

                _ = FrameReader.ClaimedLength(buffer);
            },
            iter: 100_000);
    }

    // Random bytes, random bytes after the start of a frame, and pings with an invalid token and all kinds of dates.
    private static Gen<byte[]> Inputs { get; } = Gen.Frequency(
        (1, Gen.Byte.Array[0, 400]),
        (2, Gen.Select(Gen.Byte.Array[0, 5], Gen.Byte, Gen.Byte.Array[150, 500], (garbage, length, rest) =>
            (byte[])[.. garbage, 0, 0, 0, 0x76, 0, 0, 0, length, .. rest])),
        (2, Gen.Select(Gen.Char["0123456789-: "].Array[0, 25], Gen.Char["AZaz09-_.k1"].Array[40, 48], (date, token) =>
            Unsigned(new string(date), new string(token)))),
        (2, Gen.DateTime.Select(date =>
            Unsigned(date.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), new string('a', 43)))));

    private static byte[] Unsigned(string date, string token) =>
        (TestFrame.Ping(date) with { Token = Encoding.ASCII.GetBytes(token) }).ToBytes();

    private static bool IsAccepted(byte[] bytes, TokenKeyring keyring)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        return default(FrameReader).TryRead(ref buffer, scratch, 65536, FrameResync.Strict, out var frame) == FrameReadStatus.Complete
            && keyring.Verify(frame, TestFrame.Now).IsVerified;
    }
}
