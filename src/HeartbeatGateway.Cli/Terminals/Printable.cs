using System.Globalization;
using System.Text;

namespace HeartbeatGateway.Cli.Terminals;

/// <summary>Text that came from outside, made fit for a terminal: nothing in it can end the line, colour it or move the cursor.</summary>
internal static class Printable
{
    /// <summary>Escapes control and format characters as <c>\uXXXX</c>, and cuts what is longer than <paramref name="maxChars"/> with an ellipsis.</summary>
    public static string From(string text, int maxChars = int.MaxValue)
    {
        var builder = new StringBuilder(Math.Min(text.Length, maxChars));
        var left = maxChars;
        foreach (var rune in text.EnumerateRunes())
        {
            if ((left -= rune.Utf16SequenceLength) < 0) return builder.Append('…').ToString();
            if (IsPlain(rune)) builder.Append(rune);
            else builder.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}");
        }

        return builder.ToString();
    }

    /// <summary>The text of bytes that are UTF-8 without control characters other than tab and line ends; null when they are not.</summary>
    public static string? TextOf(ReadOnlySpan<byte> bytes)
    {
        for (var rest = bytes; !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf8(rest, out var rune, out var consumed) != System.Buffers.OperationStatus.Done) return null;
            if (!IsPlain(rune) && rune.Value is not ('\t' or '\r' or '\n')) return null;
            rest = rest[consumed..];
        }

        return Encoding.UTF8.GetString(bytes);
    }

    private static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate);
}
