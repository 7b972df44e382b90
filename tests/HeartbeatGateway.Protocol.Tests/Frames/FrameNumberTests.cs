using System.Buffers;
using System.Text;
using CsCheck;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;

namespace HeartbeatGateway.Protocol.Tests.Frames;

/// <summary>The text after a date: <c> n=42 g=1795341600123</c>.</summary>
public class FrameNumberTests
{
    private const long Generation = 1_795_341_600_123;

    private static readonly Gen<long> Numbers = Gen.Select(Gen.Int[1, 12], Gen.Long[0, FrameNumber.Max], (digits, number) => number % Power(digits));
    private static readonly Gen<long> Generations = Gen.Select(Gen.Int[1, 13], Gen.Long[0, 9_999_999_999_999], (digits, generation) => generation % Power(digits));

    [Theory]
    [InlineData(" n=0 g=0", 0, 0)]
    [InlineData(" n=1 g=1", 1, 1)]
    [InlineData(" n=42 g=1795341600123", 42, Generation)]
    [InlineData(" n=999999999999 g=9999999999999", FrameNumber.Max, 9_999_999_999_999)]
    [InlineData(" n=100000000000 g=1000000000000", 100_000_000_000, 1_000_000_000_000)]
    public void Reads_a_number_and_its_generation(string text, long number, long generation)
    {
        Assert.Equal(FrameNumberStatus.Numbered, Read(text, out var read));
        Assert.Equal(new FrameNumber(number, generation), read);
    }

    [Theory]
    [InlineData(" n=")]
    [InlineData(" n=x")]
    [InlineData(" n=1")]
    [InlineData(" n=1 g")]
    [InlineData(" n=1 g=")]
    [InlineData(" n=1 g=x")]
    [InlineData(" n= g=1")]
    [InlineData(" n=00 g=1")]
    [InlineData(" n=01 g=1")]
    [InlineData(" n=000000000001 g=1")]
    [InlineData(" n=1 g=00")]
    [InlineData(" n=1 g=01")]
    [InlineData(" n=1 g=0001795341600")]
    [InlineData(" n=1000000000000 g=1")]
    [InlineData(" n=9223372036854775808 g=1")]
    [InlineData(" n=1 g=10000000000000")]
    [InlineData(" n=1 g=9223372036854775808")]
    [InlineData(" n=-1 g=1")]
    [InlineData(" n=+1 g=1")]
    [InlineData(" n=1.0 g=1")]
    [InlineData(" n=1e3 g=1")]
    [InlineData(" n=0x1 g=1")]
    [InlineData(" n=1,000 g=1")]
    [InlineData(" n= 1 g=1")]
    [InlineData(" n=1  g=1")]
    [InlineData(" n=1\tg=1")]
    [InlineData(" n=1\0g=1")]
    [InlineData(" n=1g=1")]
    [InlineData(" n=1 G=1")]
    [InlineData(" n=1 n=1 g=1")]
    [InlineData(" n=1 g= 1")]
    [InlineData(" n=1 g=-1")]
    [InlineData(" n=1 g=1 x")]
    [InlineData(" n=1 g=1 ")]
    [InlineData(" n=1 g=1,")]
    [InlineData(" n=1 g=1\0x")]
    [InlineData(" n=1 g=1 n=2")]
    [InlineData(" n=\uFF11 g=1")]
    [InlineData(" n=\u0661 g=1")]
    [InlineData(" n=1\uFF11 g=1")]
    [InlineData(" n=1 g=\uFF11")]
    [InlineData(" n=1 g=1\u0661")]
    public void A_text_that_begins_as_a_number_and_is_none_is_malformed(string text)
    {
        Assert.Equal(FrameNumberStatus.Malformed, Read(text, out var read));
        Assert.Equal(default, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(" n")]
    [InlineData(" N=1 g=1")]
    [InlineData("  n=1 g=1")]
    [InlineData("\tn=1 g=1")]
    [InlineData("n=1 g=1")]
    [InlineData(".123 n=1 g=1")]
    [InlineData(" g=1 n=1")]
    [InlineData(" +08:00")]
    public void Any_other_text_is_no_number(string text)
    {
        Assert.Equal(FrameNumberStatus.None, Read(text, out var read));
        Assert.Equal(default, read);
    }

    [Fact]
    public void Every_prefix_of_a_number_is_none_malformed_or_a_shorter_generation()
    {
        var whole = Encoding.ASCII.GetBytes($"{TestFrame.NowText} n=42 g={Generation}");
        for (var length = 0; length <= whole.Length; length++)
        {
            var status = FrameNumber.Read(whole.AsSpan(0, length), out var number);
            Assert.Equal(
                length switch { < 22 => FrameNumberStatus.None, < 28 => FrameNumberStatus.Malformed, _ => FrameNumberStatus.Numbered },
                status);
            if (status == FrameNumberStatus.Numbered) Assert.Equal(new FrameNumber(42, long.Parse(Encoding.ASCII.GetString(whole[27..length]), null)), number);
        }
    }

    [Fact]
    public void Numbers_of_every_length_read_back_from_every_split_of_their_frame()
    {
        for (var digits = 1; digits <= 12; digits++)
        {
            for (var generationDigits = 1; generationDigits <= 13; generationDigits++)
            {
                foreach (var number in (FrameNumber[])[new(Power(digits) - 1, Power(generationDigits) - 1), new(Power(digits - 1), Power(generationDigits - 1))])
                {
                    var bytes = Keyrings.Client.Keys[0].Bare.EncodeNumbered("message"u8, default, TestFrame.Now, number).ToArray();
                    Assert.Equal($"{TestFrame.NowText} n={number.Number} g={number.Generation}", Encoding.ASCII.GetString(bytes.AsSpan(108, 50).TrimEnd((byte)0)));
                    for (var at = 0; at <= bytes.Length; at++)
                    {
                        var read = default(FrameNumber);
                        var buffer = Segments.SplitAt(bytes, at);
                        Assert.Equal(FrameReadStatus.Complete, default(FrameReader).TryRead(ref buffer, new byte[158], 0, FrameResync.Strict, out var frame));
                        Assert.Equal(FrameNumberStatus.Numbered, frame.ReadNumber(out read));
                        Assert.Equal(number, read);
                    }
                }
            }
        }
    }

    [Fact]
    public void The_highest_number_and_generation_fill_the_field()
    {
        var bytes = Keyrings.Client.Keys[0].Bare.EncodeNumbered("message"u8, default, TestFrame.Now, new FrameNumber(FrameNumber.Max, 9_999_999_999_999)).ToArray();
        Assert.Equal($"{TestFrame.NowText} n=999999999999 g=9999999999999", Encoding.ASCII.GetString(bytes.AsSpan(108, 50)));
        Assert.True(TestFrame.Verify(Keyrings.Gateway, bytes).IsVerified);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(FrameNumber.Max + 1, 1)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(long.MinValue, 1)]
    [InlineData(1, -1)]
    [InlineData(1, 10_000_000_000_000)]
    [InlineData(FrameNumber.Max, 10_000_000_000_000)]
    [InlineData(1, long.MaxValue)]
    [InlineData(FrameNumber.Max, long.MaxValue)]
    public void A_number_outside_its_range_is_not_written(long number, long generation)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Throws<InvalidOperationException>(
            () => Keyrings.Client.Keys[0].Bare.WriteNumbered(output, "message"u8, default, TestFrame.Now, new FrameNumber(number, generation)));
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void Random_texts_read_as_a_number_only_when_they_are_the_written_form() =>
        Gen.OneOf(
            Gen.Char[" n=g0123456789x\u0661"].Array[0, 31].Select(text => new string(text)),
            Gen.Select(Numbers, Generations, Gen.Int[0, 30], Gen.Char[" n=g0129"], (number, generation, at, other) =>
                Replaced($" n={number} g={generation}", at, other))).Sample(
            text =>
            {
                var status = Read(text, out var number);
                return status == FrameNumberStatus.Numbered ? text == $" n={number.Number} g={number.Generation}"
                    : number == default && status == (text.StartsWith(" n=", StringComparison.Ordinal) ? FrameNumberStatus.Malformed : FrameNumberStatus.None);
            },
            iter: 50_000);

    [Fact]
    public void Random_bytes_do_not_throw() => Gen.Byte.Array[0, 50].Sample(bytes => _ = FrameNumber.Read(bytes, out _), iter: 20_000);

    [Fact]
    public void A_frame_reads_its_number_behind_padding_of_both_ends()
    {
        var field = new byte[50];
        field.AsSpan().Fill((byte)' ');
        Encoding.ASCII.GetBytes($"\0\t{TestFrame.NowText} n=7 g={Generation}").CopyTo(field, 0);
        var buffer = new ReadOnlySequence<byte>((TestFrame.Message("x") with { Created = field }).Signed().ToBytes());
        Assert.Equal(FrameReadStatus.Complete, default(FrameReader).TryRead(ref buffer, new byte[158], 1, FrameResync.Strict, out var frame));
        Assert.Equal(FrameNumberStatus.Numbered, frame.ReadNumber(out var number));
        Assert.Equal(new FrameNumber(7, Generation), number);
        Assert.True(Keyrings.Gateway.Verify(frame, TestFrame.Now).IsVerified);
    }

    [Fact]
    public void A_number_does_not_depend_on_the_culture() => OddCulture.Each(() =>
    {
        var bytes = Keyrings.Client.Keys[0].Bare.EncodeNumbered("message"u8, default, TestFrame.Now, new FrameNumber(1_234_567, Generation)).ToArray();
        Assert.Equal($"{TestFrame.NowText} n=1234567 g=1795341600123", Encoding.ASCII.GetString(bytes.AsSpan(108, 50).TrimEnd((byte)0)));
        Assert.Equal(FrameNumberStatus.Numbered, Read(" n=1234567 g=1795341600123", out _));
    });

    private static FrameNumberStatus Read(string text, out FrameNumber number) => FrameNumber.Read(Encoding.UTF8.GetBytes(TestFrame.NowText + text), out number);

    private static long Power(int digits)
    {
        var power = 1L;
        for (var i = 0; i < digits; i++) power *= 10;
        return power;
    }

    private static string Replaced(string text, int at, char other) => at < text.Length ? text[..at] + other + text[(at + 1)..] : text;
}
