using System.Globalization;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>A line of a dump, split into its offset and the text after it.</summary>
internal sealed class HexDumpLine
{
    private const int ShortestOffset = 4;
    private const int LongestOffset = 16;

    private readonly bool _hasMark;
    private readonly int _nextDigits;

    public HexDumpLine(int number, string text)
    {
        Number = number;
        Text = text;
        var start = text.Length - text.AsSpan().TrimStart().Length;
        var prefix = text.AsSpan(start).StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? 2 : 0;
        var digits = HexDigits.DigitsAt(text, start + prefix);
        var end = start + prefix + digits;
        if (digits is < ShortestOffset or > LongestOffset) return;
        _hasMark = end < text.Length && text[end] == ':';
        if (!_hasMark && end < text.Length && text[end] is not (' ' or '\t')) return;
        OffsetText = text.Substring(start + prefix, digits);
        DataColumn = end + (_hasMark ? 1 : 0);
        var gap = DataColumn;
        while (gap < text.Length && text[gap] is ' ' or '\t') gap++;
        _nextDigits = HexDigits.DigitsAt(text, gap);
    }

    /// <summary>Line number, from 1.</summary>
    public int Number { get; }

    public string Text { get; }

    /// <summary>The digits that may be an offset; empty when the line does not start with such digits.</summary>
    public string OffsetText { get; } = "";

    public int DataColumn { get; }

    public string Data => Text[DataColumn..];

    /// <summary>True for a frame's first bytes in the format of plain hexdump, which prints words in the byte order of the machine.</summary>
    public bool IsSwapped => !_hasMark && OffsetText.Length > 0 && Data.AsSpan().TrimStart().StartsWith("0000 7600");

    /// <summary>True for <c>*</c>, which hexdump and od write in place of repeated lines.</summary>
    public bool IsRepeat => Text.AsSpan().Trim() is "*";

    /// <summary>
    /// True when the line starts with an offset. In the first line these digits can also be data. They count as an offset when a colon
    /// follows them. They also count when the digits after them have another group length (dumps group one, two or four bytes)
    /// and the last digit is 0, which is not so for a frame's magic.
    /// </summary>
    public bool HasOffset(bool isFirst)
    {
        if (OffsetText.Length == 0) return false;
        if (!isFirst || _hasMark) return true;
        return _nextDigits > 0 && _nextDigits % 2 == 0 && _nextDigits != OffsetText.Length && _nextDigits <= 8 && OffsetText[^1] == '0';
    }

    /// <summary>The offset in the given radix; −1 when a digit is not valid in that radix.</summary>
    public long OffsetValue(int radix)
    {
        if (radix == 16) return long.TryParse(OffsetText, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) && hex >= 0 ? hex : -1;
        long value = 0;
        foreach (var digit in OffsetText)
        {
            if (digit - '0' is var number && (number < 0 || number >= radix)) return -1;
            value = (value * radix) + number;
        }

        return value;
    }
}
