using System.Globalization;
using System.Text;

namespace HeartbeatGateway.Shared.Logging;

/// <summary>Makes a peer's text safe for one log line: it cannot end the line, change colours or look like a placeholder's value.</summary>
internal static class PrintableText
{
    /// <summary>Decodes UTF-8; invalid bytes become U+FFFD.</summary>
    public static string From(ReadOnlySpan<byte> utf8, int maxChars)
    {
        // A character takes at most four bytes: more bytes than that cannot be shown anyway.
        var cut = utf8.Length > maxChars * 4;
        var text = From(Encoding.UTF8.GetString(cut ? utf8[..(maxChars * 4)] : utf8), maxChars);
        return cut && !text.EndsWith('…') ? text + "…" : text;
    }

    /// <summary>Escapes control characters, line separators and the like as <c>\uXXXX</c>, and cuts long texts with an ellipsis.</summary>
    public static string From(string text, int maxChars)
    {
        var length = Math.Min(text.Length, maxChars);
        if (length > 0 && length < text.Length && char.IsHighSurrogate(text[length - 1])) length--;
        var shown = text.AsSpan(0, length);
        var builder = new StringBuilder(length + 1);
        foreach (var character in shown)
        {
            if (IsPlain(character)) builder.Append(character);
            else builder.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}");
        }

        if (length < text.Length) builder.Append('…');
        return builder.ToString();
    }

    private static bool IsPlain(char character) => char.GetUnicodeCategory(character) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse);
}
