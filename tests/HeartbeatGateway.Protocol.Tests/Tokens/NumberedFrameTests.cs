using System.Buffers;
using System.Text;
using CsCheck;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Protocol.Tests.Tokens;

/// <summary>Tokens cover the number and the generation of a frame.</summary>
public class NumberedFrameTests
{
    private const long Generation = 1_795_341_600_123;

    private static readonly Gen<FrameNumber> Numbers =
        Gen.Select(Gen.Long[0, FrameNumber.Max], Gen.Long[0, 9_999_999_999_999], (number, generation) => new FrameNumber(number, generation));

    [Fact]
    public void A_numbered_frame_reads_back_and_verifies_for_every_scheme_direction_and_form() =>
        Gen.Select(Numbers, Gen.Byte.Array[0, 1100], Gen.Long[0, 4_000_000_000], Gen.Bool, Gen.Enum<TokenScheme>(), Gen.Bool, Gen.Int[1, 200]).Sample(
            (number, content, now, named, scheme, up, size) =>
            {
                var (from, to) = up ? (TokenRole.Client, TokenRole.Gateway) : (TokenRole.Gateway, TokenRole.Client);
                var key = Keyrings.Of(scheme, "Europe/Berlin", from).Keys[0];
                var bytes = Segments.Of((named ? key.Named : key.Bare).EncodeNumbered("order"u8, content, now, number).ToArray().Chunk(size));
                var status = default(FrameReader).TryRead(ref bytes, new byte[158], 65536, FrameResync.Strict, out var frame);
                return status == FrameReadStatus.Complete && bytes.IsEmpty
                    && frame.TypeText == "order" && frame.Content.ToArray().AsSpan().SequenceEqual(content)
                    && frame.ReadNumber(out var read) == FrameNumberStatus.Numbered && read == number
                    && Keyrings.Of(scheme, "Europe/Berlin", to).Verify(frame, now).IsVerified;
            });

    [Fact]
    public void Writing_and_encoding_give_the_same_bytes_and_leave_the_plain_form_unchanged()
    {
        var signer = Keyrings.Client.Keys[0].Named;
        var output = new ArrayBufferWriter<byte>();
        signer.WriteNumbered(output, "message"u8, "hello"u8.ToArray(), TestFrame.Now, new FrameNumber(42, Generation));
        Assert.Equal(signer.EncodeNumbered("message"u8, "hello"u8.ToArray(), TestFrame.Now, new FrameNumber(42, Generation)).ToArray(), output.WrittenSpan.ToArray());
        var expected = (TestFrame.Message("hello") with { Created = Encoding.ASCII.GetBytes($"{TestFrame.NowText} n=42 g={Generation}") }).Signed(keyId: "k1");
        Assert.Equal(expected.ToBytes(), output.WrittenSpan.ToArray());
        Assert.Equal(TestFrame.Message("hello").Signed(keyId: "k1").ToBytes(), signer.Encode("message"u8, "hello"u8.ToArray(), TestFrame.Now).ToArray());
    }

    [Fact]
    public void A_numbered_frame_has_the_date_of_the_configured_time_zone()
    {
        var frame = Keyrings.Of(TokenScheme.HmacSha256, "+08:00").Keys[0].Bare.EncodeNumbered("message"u8, default, TestFrame.Now, new FrameNumber(1, Generation));
        Assert.Equal($"2026-11-22 18:00:00 n=1 g={Generation}", Encoding.ASCII.GetString(frame.Span.Slice(108, 50).TrimEnd((byte)0)));
    }

    [Theory]
    [InlineData(TokenScheme.HmacSha256)]
    [InlineData(TokenScheme.Digest)]
    public void No_other_number_or_generation_verifies(TokenScheme scheme)
    {
        var bytes = Keyrings.Of(scheme, role: TokenRole.Client).Keys[0].Bare.EncodeNumbered("message"u8, "x"u8.ToArray(), TestFrame.Now, new FrameNumber(42, Generation)).ToArray();
        Assert.True(TestFrame.Verify(Keyrings.Of(scheme), bytes).IsVerified);
        foreach (var text in (string[])[$" n=43 g={Generation}", $" n=4 g={Generation}", $" n=420 g={Generation}", $" n=42 g={Generation + 1}", " n=42 g=1", " n=42", " n=0 g=0", ""])
        {
            var changed = (byte[])bytes.Clone();
            changed.AsSpan(108, 50).Clear();
            Encoding.ASCII.GetBytes(TestFrame.NowText + text).CopyTo(changed, 108);
            Assert.Equal(TokenOutcome.Mismatch, TestFrame.Verify(Keyrings.Of(scheme), changed).Outcome);
        }
    }

    [Theory]
    [InlineData(TokenScheme.HmacSha256)]
    [InlineData(TokenScheme.Digest)]
    public void No_flipped_bit_of_the_number_or_the_generation_verifies(TokenScheme scheme)
    {
        var bytes = Keyrings.Of(scheme, role: TokenRole.Client).Keys[0].Bare.EncodeNumbered("message"u8, default, TestFrame.Now, new FrameNumber(42, Generation)).ToArray();
        for (var at = 108 + FrameDate.Length; at < 108 + FrameDate.Length + $" n=42 g={Generation}".Length; at++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                bytes[at] ^= (byte)(1 << bit);
                Assert.Equal(TokenOutcome.Mismatch, TestFrame.Verify(Keyrings.Of(scheme), bytes).Outcome);
                bytes[at] ^= (byte)(1 << bit);
            }
        }
    }

    [Fact]
    public void The_token_of_a_frame_without_a_number_does_not_verify_with_one()
    {
        var frame = TestFrame.Message("x").Signed();
        Assert.Equal(TokenOutcome.Mismatch, (frame with { Created = Encoding.ASCII.GetBytes($"{TestFrame.NowText} n=1 g={Generation}") }).VerifyBy(Keyrings.Gateway).Outcome);
    }

    [Fact]
    public void Neither_side_accepts_a_numbered_frame_of_its_own_direction()
    {
        var number = new FrameNumber(1, Generation);
        Assert.Equal(TokenOutcome.Mismatch, TestFrame.Verify(Keyrings.Gateway, Keyrings.Gateway.Keys[0].Bare.EncodeNumbered("ack"u8, default, TestFrame.Now, number).ToArray()).Outcome);
        Assert.Equal(TokenOutcome.Mismatch, TestFrame.Verify(Keyrings.Client, Keyrings.Client.Keys[0].Bare.EncodeNumbered("ack"u8, default, TestFrame.Now, number).ToArray()).Outcome);
    }

    [Fact]
    public void A_numbered_frame_is_too_old_after_the_same_time_as_any_other()
    {
        var bytes = Keyrings.Client.Keys[0].Bare.EncodeNumbered("message"u8, default, TestFrame.Now, new FrameNumber(1, Generation)).ToArray();
        Assert.True(TestFrame.Verify(Keyrings.Gateway, bytes, TestFrame.Now + 300).IsVerified);
        Assert.Equal(TokenOutcome.Expired, TestFrame.Verify(Keyrings.Gateway, bytes, TestFrame.Now + 301).Outcome);
    }

    [Theory]
    [InlineData(TokenScheme.HmacSha256, true)]
    [InlineData(TokenScheme.Digest, true)]
    [InlineData(TokenScheme.None, false)]
    public void A_scheme_covers_the_created_field_or_not(TokenScheme scheme, bool covers)
    {
        Assert.Equal(covers, Keyrings.Of(scheme).CoversCreated);
        Assert.Equal(covers, Keyrings.Of(scheme, role: TokenRole.Client).CoversCreated);
    }

    [Theory]
    [InlineData(DigestRecipe.DefaultRecipe, true)]
    [InlineData("{created}{secret}", true)]
    [InlineData("v1|{type}|{created}|{content}|{secret}", true)]
    [InlineData("{magic}{length}{content}{secret}", false)]
    [InlineData("created{type}{secret}", false)]
    public void A_recipe_covers_the_created_field_when_it_names_it(string recipe, bool covers)
    {
        Assert.Equal(covers, Keyrings.Digest(recipe).CoversCreated);
        Assert.Equal(covers, Keyrings.Digest(recipe, TokenRole.Client).CoversCreated);

        // What the property says is true: a changed number is noticed exactly when the field is covered.
        var bytes = Keyrings.Digest(recipe, TokenRole.Client).Keys[0].Bare.EncodeNumbered("message"u8, default, TestFrame.Now, new FrameNumber(1, Generation)).ToArray();
        bytes[108 + FrameDate.Length + 3] = (byte)'2';
        Assert.Equal(covers ? TokenOutcome.Mismatch : TokenOutcome.Verified, TestFrame.Verify(Keyrings.Digest(recipe), bytes).Outcome);
    }
}
