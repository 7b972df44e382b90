using System.Text;
using CsCheck;
using HeartbeatGateway.Cli.Frames;

namespace HeartbeatGateway.Cli.Tests.Frames;

public sealed class HexDumpTests
{
    /// <summary>Difficult input for a dump reader: NULs, blanks, digits and delimiters among the characters, repeated lines.</summary>
    private static readonly Gen<byte[]> Contents = Gen.OneOf(
        Gen.Byte.Array[1, 100],
        Gen.OneOf("  ..||><0123456789abcdefABCDEF*:"u8.ToArray()).Array[1, 100],
        Gen.Select(Gen.Byte, Gen.Int[1, 120], (value, count) => Enumerable.Repeat(value, count).ToArray()),
        Gen.Select(
            Gen.Byte.Array[16],
            Gen.Int[1, 6],
            Gen.Byte.Array[0, 20],
            (row, count, rest) => (byte[])[.. Enumerable.Repeat(row, count).SelectMany(r => r), .. rest]));

    public static TheoryData<string> Formats => [.. DumpFormats.All.Keys];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Reads_the_dump_format_of_each_tool(string format) =>
        Frame(Contents).Sample(bytes => AssertReads(DumpFormats.All[format](bytes), bytes));

    [Theory]
    [MemberData(nameof(Formats))]
    public void Reads_dumps_with_CRLF_line_ends(string format) =>
        Frame(Contents).Sample(bytes => AssertReads(DumpFormats.All[format](bytes).ReplaceLineEndings("\r\n"), bytes));

    [Fact]
    public void Arbitrary_text_gives_bytes_or_an_error() => Gen.String.Sample(text =>
    {
        var read = HexDump.Read(text);
        return read.Error is null == read.Bytes.Length > 0;
    });

    [Fact]
    public void Arbitrary_text_of_dump_characters_gives_bytes_or_an_error() =>
        Gen.OneOf("0123456789abcdef :|*\n\t.>x".ToCharArray()).Array[0, 200].Sample(characters =>
        {
            var read = HexDump.Read(new string(characters));
            return read.Error is null == read.Bytes.Length > 0;
        });

    [Fact]
    public void A_changed_character_never_changes_the_number_of_bytes_without_an_error()
    {
        var bytes = Encoding.ASCII.GetBytes("\0\0\0\u0076 a frame that is a little longer than a line");
        string[] formats = [.. DumpFormats.All.Keys.Where(f => f.StartsWith("xxd", StringComparison.Ordinal) && f != "xxd -p")];
        Gen.Select(Gen.OneOf(formats), Gen.Int[0, 150], Gen.OneOf('g', ' ', '-')).Sample((format, at, with) =>
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
    [InlineData("00 00\nzz", "Line 2, column 1: 'z' is not a hex digit.")]
    [InlineData("000", "Line 1, column 1: '000' has an odd number of hex digits; the last byte is incomplete.")]
    [InlineData("00000000: 0000 0076\n00000010: 00", "Line 1, column 20: this line has 4 bytes, but the next line's offset requires 16.")]
    [InlineData("0000  00 00 00\n0002  76", "Line 1, column 12: this line has more bytes than the 2")]
    [InlineData("0000  00 00\n0002  76\n00 00", "Line 3 has no offset at its start")]
    [InlineData("0000  00 00\n*\n*", "Line 2: a line with an offset must follow a *")]
    [InlineData("0000  00 00\n*\n0005", "Line 2: the offset 0005 after the * does not fit lines of 2 bytes.")]
    [InlineData("0000000 0000 7600 0000 0000", "swapped in pairs")]
    public void Reports_line_and_column_of_a_fault(string text, string error) =>
        Assert.StartsWith(error, Contains(HexDump.Read(text).Error!, error), StringComparison.Ordinal);

    [Fact]
    public void A_repeated_line_cannot_expand_beyond_the_size_limit() =>
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

    /// <summary>Dumps of frames begin with a magic, which the reader does not treat as an offset.</summary>
    private static Gen<byte[]> Frame(Gen<byte[]> rest) => rest.Select(bytes => (byte[])[0, 0, 0, 0x76, .. bytes]);
}
