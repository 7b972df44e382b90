using System.Text;

namespace HeartbeatGateway.Cli.Tests.Frames;

/// <summary>Writes dumps in the formats of common tools; each format was compared with the output of the tool.</summary>
internal static class DumpFormats
{
    public static IReadOnlyDictionary<string, Func<byte[], string>> All { get; } = new Dictionary<string, Func<byte[], string>>(StringComparer.Ordinal)
    {
        ["bare"] = bytes => Convert.ToHexString(bytes),
        ["xxd -p"] = bytes => Rows(bytes, 30, (_, row) => Convert.ToHexStringLower(row)),
        ["spaced"] = bytes => Convert.ToHexStringLower(bytes)
            .Aggregate(new StringBuilder(), (s, c) => (s.Length % 3 == 2 ? s.Append(' ') : s).Append(c)).ToString(),
        ["colons"] = bytes => BitConverter.ToString(bytes).Replace('-', ':'),
        ["escaped"] = bytes => string.Concat(bytes.Select(b => $"\\x{b:x2}")),
        ["C array"] = bytes => $"static const unsigned char frame[{bytes.Length}] = {{\n{string.Join(", ", bytes.Select(b => $"0x{b:x2}"))}\n}};\n",
        ["xxd"] = bytes => Rows(bytes, 16, (at, row) => $"{at:x8}: {Grouped(row, 2),-39}  {Characters(row)}"),
        ["xxd without trailing blanks"] = bytes => Rows(bytes, 16, (at, row) => $"{at:x8}: {Grouped(row, 2),-39}  {Characters(row)}".TrimEnd()),
        ["hexdump -C"] = bytes => Squeezed(bytes, (at, row) => $"{at:x8}  {HexdumpRow(row),-50}|{Characters(row)}|") + $"{bytes.Length:x8}\n",
        ["od -t x1"] = bytes => Squeezed(bytes, (at, row) => $"{Convert.ToString(at, 8).PadLeft(7, '0')}{Spaced(row)}")
            + $"{Convert.ToString(bytes.Length, 8).PadLeft(7, '0')}\n",
        ["od -A d -t x1"] = bytes => Squeezed(bytes, (at, row) => $"{at:0000000}{Spaced(row)}") + $"{bytes.Length:0000000}\n",
        ["od -A x -t x1z"] = bytes => Squeezed(bytes, (at, row) => $"{at:x6}{Spaced(row),-48}  >{Characters(row)}<") + $"{bytes.Length:x6}\n",
        ["Wireshark"] = bytes => Rows(bytes, 16, (at, row) => $"{at:x4}  {Spaced(row),-48}   {Characters(row)}"),
        ["tcpdump -X"] = bytes => Rows(bytes, 16, (at, row) => $"\t0x{at:x4}:  {Grouped(row, 2),-39}  {Characters(row)}"),
        ["tcpdump -X with its header line"] = bytes =>
            "12:00:00.123456 IP 127.0.0.1.50000 > 127.0.0.1.8081: Flags [P.], seq 1:159, ack 1, win 512, length 158\n"
            + Rows(bytes, 16, (at, row) => $"\t0x{at:x4}:  {Grouped(row, 2),-39}  {Characters(row)}"),
        ["hbg -o dump"] = bytes => string.Concat(HeartbeatGateway.Cli.Frames.DumpRow.Of(bytes).Select(r => r.Text + "\n")),
    };

    private static string Rows(byte[] bytes, int width, Func<int, byte[], string> row) =>
        string.Concat(bytes.Chunk(width).Select((chunk, i) => row(i * width, chunk) + "\n"));

    /// <summary>Writes one asterisk for lines that repeat the line before, as hexdump and od do.</summary>
    private static string Squeezed(byte[] bytes, Func<int, byte[], string> row)
    {
        var text = new StringBuilder();
        byte[]? before = null;
        var isSqueezing = false;
        foreach (var (chunk, i) in bytes.Chunk(16).Select((c, i) => (c, i)))
        {
            if (before is not null && chunk.Length == 16 && chunk.AsSpan().SequenceEqual(before))
            {
                if (!isSqueezing) text.Append("*\n");
                isSqueezing = true;
                continue;
            }

            isSqueezing = false;
            before = chunk;
            text.Append(row(i * 16, chunk)).Append('\n');
        }

        return text.ToString();
    }

    private static string Grouped(byte[] row, int size) => string.Join(' ', row.Chunk(size).Select(Convert.ToHexStringLower));

    private static string Spaced(byte[] row) => string.Concat(row.Select(b => $" {b:x2}"));

    private static string HexdumpRow(byte[] row) => string.Join("  ", row.Chunk(8).Select(half => string.Join(' ', half.Select(b => $"{b:x2}"))));

    private static string Characters(byte[] row) => string.Concat(row.Select(b => b is >= 0x20 and <= 0x7E ? (char)b : '.'));
}
