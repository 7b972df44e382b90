using System.Text;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>A line of a hex dump in the format of hbg; <see cref="HexDump"/> reads this format.</summary>
/// <param name="Offset">Offset of its first byte.</param>
/// <param name="Text">The line.</param>
internal readonly record struct DumpRow(int Offset, string Text)
{
    public const int Width = 16;

    private const int FirstColumn = 6;

    public static IEnumerable<DumpRow> Of(ReadOnlyMemory<byte> bytes, int start = 0)
    {
        for (var at = 0; at < bytes.Length; at += Width)
        {
            yield return One(bytes.Span.Slice(at, Math.Min(Width, bytes.Length - at)), start + at);
        }
    }

    /// <summary>The line that contains an offset; lines begin at multiples of <see cref="Width"/>.</summary>
    public static DumpRow At(ReadOnlySpan<byte> bytes, int offset)
    {
        var start = offset / Width * Width;
        return One(bytes.Slice(start, Math.Min(Width, bytes.Length - start)), start);
    }

    /// <summary>A line of carets to write below this line, under the given bytes.</summary>
    public string Carets(int offset, int count)
    {
        var first = offset - Offset;
        var last = Math.Min(first + Math.Max(count, 1), Width);
        return new string(' ', FirstColumn + (first * 3)) + new string('^', ((last - first) * 3) - 1);
    }

    private static DumpRow One(ReadOnlySpan<byte> bytes, int offset)
    {
        var line = new StringBuilder($"{offset:x4}  ");
        foreach (var value in bytes) line.Append($"{value:x2} ");
        line.Append(' ', ((Width - bytes.Length) * 3) + 1);
        foreach (var value in bytes) line.Append(value is >= 0x20 and <= 0x7E ? (char)value : '.');
        return new DumpRow(offset, line.ToString());
    }
}
