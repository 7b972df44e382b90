using System.Text;
using CsCheck;
using HeartbeatGateway.Cli.Frames;

namespace HeartbeatGateway.Cli.Tests.Frames;

public sealed class HexDumpTests
{
    /// <summary>What is hard for a reader of dumps: NULs, blanks, digits and delimiters among the characters, repeated lines.</summary>
    private static readonly Gen<byte[]> Contents = Gen.OneOf(
        Gen.Byte.Array[1, 100],
        Gen.OneOf("  ..||><0123456789abcdefABCDEF*:"u8.ToArray()).Array[1, 100],
        Gen.Select(Gen.Byte, Gen.Int[1, 120], (value, count) => Enumerable.Repeat(value, count).ToArray()),
        Gen.Select(Gen.Byte.Array[16], Gen.Int[1, 6], Gen.Byte.Array[0, 20], (row, count, rest) => (byte[])[.. Enumerable.Repeat(row, count).SelectMany(r => r), .. rest]));

    public static TheoryData<string> Formats => [.. DumpFormats.All.Keys];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Whatever_a_tool_writes_is_read_back(string format) =>
        Frame(Contents).Sample(bytes => AssertReads(DumpFormats.All[format](bytes), bytes));

    [Theory]
    [MemberData(nameof(Formats))]
    public void Line_ends_of_other_systems_do_not_matter(string format) =>
        Frame(Contents).Sample(bytes => AssertReads(DumpFormats.All[format](bytes).ReplaceLineEndings("\r\n"), bytes));

    [Fact]
    public void Any_text_at_all_gives_bytes_or_an_error() => Gen.String.Sample(text =>
    {
        var read = HexDump.Read(text);
        return read.Error is null == read.Bytes.Length > 0;
    });

    [Fact]
    public void Any_text_of_a_dumps_characters_gives_bytes_or_an_error() =>
        Gen.OneOf("0123456789abcdef :|*\n\t.>x".ToCharArray()).Array[0, 200].Sample(characters =>
        {
            var read = HexDump.Read(new string(characters));
            return read.Error is null == read.Bytes.Length > 0;
        });

    [Fact]
    public void A_changed_character_never_adds_or_loses_bytes_unnoticed()
    {
        var bytes = Encoding.ASCII.GetBytes("\0\0\0\u0076 a frame that is a little longer than a line");
        Gen.Select(Gen.OneOf([.. DumpFormats.All.Keys.Where(f => f.StartsWith("xxd", StringComparison.Ordinal) && f != "xxd -p")]), Gen.Int[0, 150], Gen.OneOf('g', ' ', '-')).Sample((format, at, with) =>
        {
            var text = DumpFormats.All[format](bytes);
            at %= text.Length;
            if (text[at] == '\n') return true;
            var read = HexDump.Read(text[..at] + with + text[(at + 1)..]);
            return read.Error is not null || read.Bytes.Length == bytes.Length || at > text.LastIndexOf('\n', text.Length - 2);
        });
    }

    [Theory]
    [InlineData("", "There are no bytes in the input.")]
    [InlineData("\n \n", "There are no bytes in the input.")]
    [InlineData("# a comment alone", "There are no bytes in the input.")]
    [InlineData("00 00 0g", "Line 1, column 7: '0' has an odd number")]
    [InlineData("00 00\n00 7z", "Line 2, column 4: '7' has an odd number")]
    [InlineData("00 00\nzz", "Line 2, column 1: 'z' is no hex digit.")]
    [InlineData("000", "Line 1, column 1: '000' has an odd number of hex digits: half a byte is missing.")]
    [InlineData("00000000: 0000 0076\n00000010: 00", "Line 1, column 20: there are 4 bytes in this line, and the next line's offset asks for 16.")]
    [InlineData("0000  00 00 00\n0002  76", "Line 1, column 12: there are more bytes in this line than the 2")]
    [InlineData("0000  00 00\n0002  76\n00 00", "Line 3 has no offset at its beginning")]
    [InlineData("0000  00 00\n*\n*", "Line 2: behind a * there must be a line with an offset")]
    [InlineData("0000  00 00\n*\n0005", "Line 2: the offset 0005 behind the * does not fit lines of 2 bytes.")]
    [InlineData("0000000 0000 7600 0000 0000", "swapped in pairs")]
    public void What_is_wrong_is_told_with_its_place(string text, string error) =>
        Assert.StartsWith(error, Contains(HexDump.Read(text).Error!, error), StringComparison.Ordinal);

    [Fact]
    public void A_star_cannot_ask_for_more_memory_than_any_dump_has() =>
        Assert.NotNull(HexDump.Read("00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00\n*\n7fffffff0\n").Error);

    [Fact]
    public void Offsets_may_start_anywhere()
    {
        var read = HexDump.Read("0030  00 00 00 76\n0034  00 00 00 00\n");
        Assert.Null(read.Error);
        Assert.Equal([0, 0, 0, 0x76, 0, 0, 0, 0], read.Bytes);
    }

    private static void AssertReads(string text, byte[] bytes)
    {
        var read = HexDump.Read(text);
        Assert.True(read.Error is null && read.Bytes.AsSpan().SequenceEqual(bytes), $"{read.Error}\n{Convert.ToHexString(read.Bytes)}\n{text}");
    }

    private static string Contains(string error, string expected)
    {
        var at = error.IndexOf(expected, StringComparison.Ordinal);
        return at < 0 ? error : error[at..];
    }

    /// <summary>Dumps of frames begin with a magic, which no reader takes for an offset.</summary>
    private static Gen<byte[]> Frame(Gen<byte[]> rest) => rest.Select(bytes => (byte[])[0, 0, 0, 0x76, .. bytes]);
}
