using System.Text;
using CsCheck;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tests.Frames;

public class FrameFormatTests
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // Texts with UTF-8 sequences of every length: 1, 2, 3 and 4 bytes per character.
    private static readonly Gen<string> Texts =
        Gen.OneOf(Gen.Int[0x20, 0x7E], Gen.Int[0xA0, 0x7FF], Gen.Int[0x800, 0xD7FF], Gen.Int[0x10000, 0x10FFFF])
            .Array[0, 70].Select(runes => string.Concat(runes.Select(r => new Rune(r).ToString())));

    [Fact]
    public void Writes_the_longest_prefix_of_whole_characters_that_fits() => Texts.Sample(text =>
    {
        var field = new byte[50];
        Array.Fill(field, (byte)'x');
        FrameFormat.WriteField(Encoding.UTF8.GetBytes(text), field);

        var expected = "";
        foreach (var rune in text.EnumerateRunes())
        {
            if (Encoding.UTF8.GetByteCount(expected + rune) > 50) break;
            expected += rune;
        }

        var written = StrictUtf8.GetBytes(expected);
        Assert.Equal(expected, StrictUtf8.GetString(field, 0, written.Length));
        Assert.All(field[written.Length..], b => Assert.Equal(0, b));
    });

    [Fact]
    public void Writes_any_bytes_and_pads_with_NUL() => Gen.Byte.Array[0, 120].Sample(bytes =>
    {
        var field = new byte[50];
        FrameFormat.WriteField(bytes, field);
        var length = Math.Min(bytes.Length, 50);
        while (length > 0 && !bytes.AsSpan(0, length).SequenceEqual(field.AsSpan(0, length))) length--;
        return field.AsSpan(length).IndexOfAnyExcept((byte)0) < 0;
    });

    [Theory]
    [InlineData("", "")]
    [InlineData("\0\0\0", "")]
    [InlineData("   ", "")]
    [InlineData(" \t\r\n\0\u0001\u001f", "")]
    [InlineData("ping\0\0", "ping")]
    [InlineData("\0 ping \0", "ping")]
    [InlineData("two words\0", "two words")]
    [InlineData("a\0b\0", "a\0b")]
    [InlineData("\u007fx\u007f", "\u007fx\u007f")]
    [InlineData("\u00a0x\u00a0", "\u00a0x\u00a0")]
    public void Trims_bytes_up_to_0x20_at_both_ends(string field, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(FrameFormat.Trim(Encoding.UTF8.GetBytes(field))));

    [Fact]
    public void Trims_ASCII_text_as_Java_does() => Gen.Int[0, 0x7F].Select(i => (char)i).Array[0, 50].Sample(characters =>
    {
        var text = new string(characters);
        var expected = text.Trim([.. Enumerable.Range(0, 0x21).Select(i => (char)i)]);
        return expected == Encoding.ASCII.GetString(FrameFormat.Trim(Encoding.ASCII.GetBytes(text)));
    });
}
