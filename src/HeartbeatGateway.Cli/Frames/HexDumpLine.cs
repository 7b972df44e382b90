using System.Globalization;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>A line of a dump, cut into its offset and what follows.</summary>
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

    /// <summary>From 1.</summary>
    public int Number { get; }

    public string Text { get; }

    /// <summary>The digits that may be an offset; empty when the line does not begin with any.</summary>
    public string OffsetText { get; } = "";

    public int DataColumn { get; }

    public string Data => Text[DataColumn..];

    /// <summary>What plain hexdump makes of a frame's first bytes: it prints words of the machine's own byte order.</summary>
    public bool IsSwapped => !_hasMark && OffsetText.Length > 0 && Data.AsSpan().TrimStart().StartsWith("0000 7600");

    /// <summary>hexdump and od write <c>*</c> for lines that are all like the one before.</summary>
    public bool IsRepeat => Text.AsSpan().Trim() is "*";

    /// <summary>
    /// True when what stands at the beginning is an offset. In the first line it could be data as well, unless a colon follows it or the
    /// digits behind it are grouped differently (dumps group bytes by one, two or four) and it is round, which a frame's magic is not.
    /// </summary>
    public bool HasOffset(bool isFirst)
    {
        if (OffsetText.Length == 0) return false;
        if (!isFirst || _hasMark) return true;
        return _nextDigits > 0 && _nextDigits % 2 == 0 && _nextDigits != OffsetText.Length && _nextDigits <= 8 && OffsetText[^1] == '0';
    }

    /// <summary>The offset read in a radix; −1 when it has digits that the radix lacks.</summary>
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
