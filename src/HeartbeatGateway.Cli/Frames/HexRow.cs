using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>Reads the bytes of one line of a dump, between its offset and its character column.</summary>
internal static class HexRow
{
    /// <summary>The most bytes in a line; no dump tool writes longer lines.</summary>
    public const int MaxBytes = 256;

    /// <summary>Characters that dump tools print in place of unprintable ones.</summary>
    private const string Substitutes = ".·•□?\uFFFD ";

    /// <param name="data">The line after its offset.</param>
    /// <param name="count">The number of bytes in the line, from the next line's offset; null when it is unknown.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="fault">The fault.</param>
    public static bool TryRead(string data, int? count, out byte[] bytes, out HexFault fault)
    {
        var (all, ends) = HexBytes(data);
        fault = default;
        bytes = [];
        if (count is { } known) return TryReadExactly(data, known, all, ends, out bytes, out fault);

        // The last line. Its character column, if present, shows how many bytes the line has: "61 62  ab" has two.
        for (var n = all.Count; n > 0; n--)
        {
            if (!IsCharacters(data[ends[n - 1]..], all, n)) continue;
            bytes = [.. all.Take(n)];
            return true;
        }

        if (data.AsSpan(all.Count == 0 ? 0 : ends[^1]).Trim().IsEmpty)
        {
            bytes = [.. all];
            return true;
        }

        var column = StopOf(data, ends);
        fault = new HexFault(
            column,
            $"'{Printable.From(data.Substring(Math.Min(column, data.Length - 1), 1))}' is not a hex digit, "
            + "and the text after it is not the character column of these bytes.");
        return false;
    }

    private static bool TryReadExactly(string data, int count, List<byte> all, List<int> ends, out byte[] bytes, out HexFault fault)
    {
        bytes = [];
        fault = default;
        if (all.Count < count)
        {
            fault = new HexFault(StopOf(data, ends), $"this line has {all.Count} bytes, but the next line's offset requires {count}.");
            return false;
        }

        if (all.Count > count && !IsCharacters(data[ends[count - 1]..], all, count))
        {
            fault = new HexFault(ends[count - 1], $"this line has more bytes than the {count} that the next line's offset requires.");
            return false;
        }

        bytes = [.. all.Take(count)];
        return true;
    }

    /// <summary>All byte values that can be read from the left, and where each one ends.</summary>
    private static (List<byte> Bytes, List<int> Ends) HexBytes(string data)
    {
        var bytes = new List<byte>();
        var ends = new List<int>();
        for (var at = 0; bytes.Count < MaxBytes;)
        {
            while (at < data.Length && data[at] is ' ' or '\t' or '-') at++;
            var digits = HexDigits.DigitsAt(data, at);
            if (digits < 2) break;
            for (var i = 0; i + 1 < digits && bytes.Count < MaxBytes; i += 2)
            {
                HexDigits.Add(data.AsSpan(at + i, 2), bytes);
                ends.Add(at + i + 2);
            }

            if (digits % 2 != 0) break;
            at += digits;
        }

        return (bytes, ends);
    }

    private static int StopOf(string data, List<int> ends)
    {
        var at = ends.Count == 0 ? 0 : ends[^1];
        while (at < data.Length - 1 && data[at] is ' ' or '\t') at++;
        return at;
    }

    /// <summary>True when the text shows the first <paramref name="count"/> bytes as characters; trailing blanks may be missing.</summary>
    private static bool IsCharacters(string rest, List<byte> bytes, int count)
    {
        // Dump tools write at least two blanks between the bytes and the character column.
        if (!rest.StartsWith("  ", StringComparison.Ordinal) && !rest.StartsWith('\t')) return false;
        var trimmed = rest.TrimStart(' ', '\t');
        if (trimmed.Length >= 2 && trimmed[0] is '|' or '>')
        {
            var close = trimmed[0] == '|' ? '|' : '<';
            if (trimmed[^1] == close && Shows(trimmed.AsSpan(1, trimmed.Length - 2), bytes, count)) return true;
        }

        // Blanks before the column and blanks at its start look the same, so every possible start of the column is tried.
        for (var start = rest.Length - trimmed.Length; start >= 1; start--)
        {
            if (Shows(rest.AsSpan(start), bytes, count)) return true;
        }

        return false;
    }

    private static bool Shows(ReadOnlySpan<char> characters, List<byte> bytes, int count)
    {
        if (characters.Length > count) return false;
        for (var i = 0; i < count; i++)
        {
            var shown = i < characters.Length ? characters[i] : ' ';
            var isPrintable = bytes[i] is >= 0x20 and <= 0x7E;
            if (isPrintable ? shown != bytes[i] && shown != '.' : !Substitutes.Contains(shown, StringComparison.Ordinal)) return false;
        }

        return true;
    }
}
