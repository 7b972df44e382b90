using System.Globalization;
using System.Text;

namespace HeartbeatGateway.Cli.Terminals;

/// <summary>
/// Makes text from a peer or a file safe for a terminal. The result cannot end the line, change its colour or move the cursor.
/// </summary>
internal static class Printable
{
    /// <summary>Escapes control and format characters as <c>\uXXXX</c>. Cuts text after <paramref name="maxChars"/> and adds an ellipsis.</summary>
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

    /// <summary>The text, when the bytes are UTF-8 with no control characters except tab and line ends; otherwise null.</summary>
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
