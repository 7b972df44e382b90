namespace HeartbeatGateway.Cli.Frames;

/// <summary>
/// Reads bytes from text in common forms: plain hex in any grouping, C arrays, and dumps with offsets and a
/// character column (<c>xxd</c>, <c>hexdump -C</c>, <c>od -t x1</c>, Wireshark, <c>tcpdump -X</c>).
/// </summary>
internal static class HexDump
{
    private static readonly int[] Radixes = [16, 8, 10];

    /// <summary>Never throws: text that is not a dump gives an error.</summary>
    public static HexDumpResult Read(string text)
    {
        var lines = Lines(text);
        if (lines.Count == 0) return Fail("There are no bytes in the input.");
        if (lines[0].IsSwapped) return Fail("The bytes are swapped in pairs: this is the format of plain 'hexdump' and 'od -x'; use 'hexdump -C' or 'xxd'.");
        return lines[0].HasOffset(isFirst: true) ? ReadWithOffsets(lines) : ReadPlain(Lines(InsideBraces(text)));
    }

    private static List<HexDumpLine> Lines(string text)
    {
        var lines = new List<HexDumpLine>();
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.TrimEnd('\r', ' ', '\t', '\f');
            if (!line.AsSpan().Trim().IsEmpty && !IsPacketHeading(line)) lines.Add(new HexDumpLine(number, line));
        }

        return lines;
    }

    /// <summary>True for the line that tcpdump writes before the bytes of a packet: <c>12:00:00.123456 IP 127.0.0.1.5 &gt; …</c></summary>
    private static bool IsPacketHeading(string line) =>
        line.Split(' ', 3) is [{ Length: >= 9 } time, "IP" or "IP6", _] && time[2] == ':' && time[5] == ':' && time[8] == '.' && char.IsAsciiDigit(time[0]);

    /// <summary>Replaces the text around the numbers of a C array with blanks, so that line and column numbers stay correct.</summary>
    private static string InsideBraces(string text)
    {
        var (open, close) = (text.IndexOf('{', StringComparison.Ordinal), text.LastIndexOf('}'));
        if (open < 0 || close < open || !text.Contains("0x", StringComparison.OrdinalIgnoreCase)) return text;
        return string.Concat(text.Select((c, i) => c != '\n' && (i <= open || i >= close) ? ' ' : c));
    }

    private static HexDumpResult ReadPlain(List<HexDumpLine> lines)
    {
        var bytes = new List<byte>();
        foreach (var line in lines)
        {
            if (HexDigits.Append(line.Text, bytes) is not { } fault) continue;
            return Fail($"Line {line.Number}, column {fault.Column + 1}: {fault.Message}");
        }

        return bytes.Count == 0 ? Fail("There are no bytes in the input.") : new HexDumpResult([.. bytes], null);
    }

    /// <summary>
    /// Reads lines with offsets. Offsets are usually hexadecimal, octal in the default output of od, and decimal on request.
    /// The first radix that fits the bytes is used.
    /// </summary>
    private static HexDumpResult ReadWithOffsets(List<HexDumpLine> lines)
    {
        var results = Radixes
            .Where(radix => lines.TrueForAll(l => l.OffsetText.Length == 0 || l.OffsetValue(radix) >= 0))
            .Select(radix => ReadWithOffsets(lines, radix)).ToList();
        if (results.Count == 0) return Fail($"Line {lines[0].Number}: the offsets at the start of the lines are not hexadecimal, octal or decimal.");
        var good = results.FindIndex(r => r.Error is null);
        return results[Math.Max(good, 0)];
    }

    private static HexDumpResult ReadWithOffsets(List<HexDumpLine> lines, int radix)
    {
        var bytes = new List<byte>();
        var first = lines[0].OffsetValue(radix);
        var width = 0;
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i];
            var next = i + 1 < lines.Count ? lines[i + 1] : null;
            if (line.IsRepeat)
            {
                if (Repeat(bytes, width, first, next, radix) is { } error) return Fail($"Line {line.Number}: {error}");
                continue;
            }

            if (!line.HasOffset(isFirst: false)) return Fail($"Line {line.Number} has no offset at its start, but the lines before it have one.");
            var offset = line.OffsetValue(radix) - first;
            if (offset != bytes.Count)
            {
                return Fail(
                    $"Line {line.Number} begins at offset {line.OffsetText}, but {bytes.Count} bytes come before it: "
                    + "lines are missing, or the line before is incomplete.");
            }

            int? count = next is null ? null : next.IsRepeat ? NullIfZero(width) : CountUntil(next.OffsetValue(radix) - first - offset);
            if (!HexRow.TryRead(line.Data, count, out var row, out var fault))
            {
                return Fail($"Line {line.Number}, column {line.DataColumn + fault.Column + 1}: {fault.Message}");
            }

            bytes.AddRange(row);
            if (width == 0) width = row.Length;
        }

        return bytes.Count == 0 ? Fail("There are no bytes in the input.") : new HexDumpResult([.. bytes], null);
    }

    /// <summary>Expands <c>*</c>: repeats the line before up to the offset of the line after.</summary>
    private static string? Repeat(List<byte> bytes, int width, long first, HexDumpLine? next, int radix)
    {
        const long MaxBytes = 64 * 1024 * 1024;
        if (width == 0 || bytes.Count < width) return "a * must follow the line that it repeats.";
        if (next is null || next.IsRepeat || !next.HasOffset(isFirst: false))
        {
            return "a line with an offset must follow a *; that offset gives the number of repetitions.";
        }

        var until = next.OffsetValue(radix) - first;
        if (until < bytes.Count || until > MaxBytes || (until - bytes.Count) % width != 0)
        {
            return $"the offset {next.OffsetText} after the * does not fit lines of {width} bytes.";
        }

        var row = bytes.GetRange(bytes.Count - width, width);
        while (bytes.Count < until) bytes.AddRange(row);
        return null;
    }

    private static int? NullIfZero(int width) => width == 0 ? null : width;

    /// <summary>
    /// The number of bytes in a row, from the offset of the next line. Null when that offset is not plausible: the row is then read
    /// to its end, and the check of the next line reports the error.
    /// </summary>
    private static int? CountUntil(long count) => count is > 0 and <= HexRow.MaxBytes ? (int)count : null;

    private static HexDumpResult Fail(string error) => new([], error);
}

/// <summary>The result of <see cref="HexDump.Read"/>: the bytes, or an error.</summary>
/// <param name="Bytes">The bytes; empty when there is an error.</param>
/// <param name="Error">A message that names line and column; null when the text is valid.</param>
internal readonly record struct HexDumpResult(byte[] Bytes, string? Error);

/// <summary>A fault in hex text.</summary>
/// <param name="Column">The column of the fault, from 0.</param>
/// <param name="Message">The fault as a sentence.</param>
internal readonly record struct HexFault(int Column, string Message);
