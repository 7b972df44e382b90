using System.Buffers;
using System.Text;
using CsCheck;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Tokens;

public class TokenSignerTests
{
    private static readonly Gen<byte[]> Types =
        Gen.Int[0x21, 0xD7FF].Array[1, 12].Select(runes => Encoding.UTF8.GetBytes(string.Concat(runes.Select(r => new Rune(r)))));

    private static readonly Gen<byte[]> Contents = Gen.OneOf(Gen.Byte.Array[0, 40], Gen.Byte.Array[500, 530], Gen.Byte.Array[1000, 3000]);

    [Fact]
    public void Every_signed_frame_reads_back_and_verifies() =>
        Gen.Select(Types, Contents, Gen.Long[0, 4_000_000_000], Gen.Bool, Gen.Enum<TokenScheme>(), Gen.Bool).Sample(
            (type, content, now, named, scheme, up) =>
            {
                var (from, to) = up ? (TokenRole.Client, TokenRole.Gateway) : (TokenRole.Gateway, TokenRole.Client);
                var key = Keyrings.Of(scheme, "Europe/Berlin", from).Keys[0];
                var bytes = new ReadOnlySequence<byte>((named ? key.Named : key.Bare).Encode(type, content, now));
                var status = default(FrameReader).TryRead(ref bytes, new byte[158], 65536, FrameResync.Strict, out var frame);
                return status == FrameReadStatus.Complete && bytes.IsEmpty
                    && frame.Type.SequenceEqual(type) && frame.Content.ToArray().AsSpan().SequenceEqual(content)
                    && Keyrings.Of(scheme, "Europe/Berlin", to).Verify(frame, now).IsVerified;
            });

    [Fact]
    public void Verifies_content_split_into_any_segments() => Gen.Select(Gen.Byte.Array[0, 1500], Gen.Int[1, 700]).Sample((content, size) =>
    {
        var bytes = Keyrings.Client.Keys[0].Bare.Encode("message"u8, content, TestFrame.Now).ToArray();
        return TestFrame.Verify(Keyrings.Gateway, Segments.Of(bytes.Chunk(size))).IsVerified;
    });

    [Fact]
    public void Creates_an_empty_ping_frame_for_each_second()
    {
        var expected = TestFrame.Ping().Signed(fromGateway: true).ToBytes();
        var next = TestFrame.Ping("2026-11-22 10:00:01");
        var key = Keyrings.Hmac(TokenRole.Gateway, ("k1", TestFrame.Secret)).Keys[0];
        Assert.Equal(expected, key.Bare.Ping(TestFrame.Now).ToArray());
        Assert.Equal(next.Signed(fromGateway: true).ToBytes(), key.Bare.Ping(TestFrame.Now + 1).ToArray());
        Assert.Equal(next.Signed(keyId: "k1", fromGateway: true).ToBytes(), key.Named.Ping(TestFrame.Now + 1).ToArray());
        Assert.Equal(expected, key.Bare.Ping(TestFrame.Now).ToArray());
    }

    [Fact]
    public void Cuts_a_long_type_and_still_verifies()
    {
        var type = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("温度", 20)));
        var bytes = new ReadOnlySequence<byte>(Keyrings.Client.Keys[0].Bare.Encode(type, default, TestFrame.Now));
        default(FrameReader).TryRead(ref bytes, new byte[158], 65536, FrameResync.Strict, out var frame);
        Assert.Equal(type[..48], frame.Type.ToArray());
        Assert.True(Keyrings.Gateway.Verify(frame, TestFrame.Now).IsVerified);
    }

    [Fact]
    public void Writes_the_date_in_the_configured_time_zone()
    {
        var frame = Keyrings.Of(TokenScheme.HmacSha256, "+08:00").Keys[0].Bare.Ping(TestFrame.Now);
        Assert.Equal("2026-11-22 18:00:00", Encoding.ASCII.GetString(frame.Span.Slice(108, 19)));
    }

    [Fact]
    public void Writes_consecutive_frames_to_one_buffer()
    {
        var output = new ArrayBufferWriter<byte>();
        var signer = Keyrings.Client.Keys[0].Bare;
        signer.Write(output, "message"u8, new byte[] { 1, 2, 3 }, TestFrame.Now);
        signer.Write(output, "ping"u8, default, TestFrame.Now);
        var stream = new FrameStream();
        stream.Feed(output.WrittenSpan.ToArray());
        Assert.Equal(["message", "ping"], stream.Frames.Select(f => f.Type));
    }

    [Fact]
    public void The_none_scheme_writes_an_empty_token_field()
    {
        var key = Assert.Single(Keyrings.Of(TokenScheme.None).Keys);
        Assert.Equal(TestFrame.Ping().ToBytes(), key.Bare.Ping(TestFrame.Now).ToArray());
        Assert.Equal(TestFrame.Ping().ToBytes(), key.Named.Ping(TestFrame.Now).ToArray());
    }

    [Fact]
    public void The_digest_scheme_has_no_key_ids() =>
        Assert.Equal(
            Keyrings.Of(TokenScheme.Digest).Keys[0].Bare.Ping(TestFrame.Now).ToArray(),
            Keyrings.Of(TokenScheme.Digest).Keys[0].Named.Ping(TestFrame.Now).ToArray());

    [Fact]
    public void Signed_frames_do_not_depend_on_the_culture()
    {
        var expected = TestFrame.Message("x").Signed(fromGateway: true).ToBytes();
        OddCulture.Each(() =>
        {
            Assert.Equal(expected, Keyrings.Gateway.Keys[0].Bare.Encode("message"u8, "x"u8.ToArray(), TestFrame.Now).ToArray());
            Assert.True(TestFrame.Message("x").Signed().VerifyBy(Keyrings.Gateway).IsVerified);
        });
    }
}
