using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>
/// Reads hex without offsets: digits in any grouping, <c>0x76</c>, <c>\x76</c>, with the commas, braces and quotes of C arrays.
/// </summary>
internal static class HexDigits
{
    private const string Separators = " \t,;:-_{}[]()\"'";

    /// <summary>Adds the bytes of a line; returns the fault, or null when the line is valid.</summary>
    public static HexFault? Append(string line, List<byte> bytes)
    {
        var at = 0;
        while (at < line.Length)
        {
            if (Separators.Contains(line[at], StringComparison.Ordinal))
            {
                at++;
                continue;
            }

            if (line[at] == '#' || line.AsSpan(at).StartsWith("//")) return null;
            var rest = line.AsSpan(at);
            var prefix = rest.StartsWith("0x", StringComparison.OrdinalIgnoreCase) || rest.StartsWith("\\x", StringComparison.OrdinalIgnoreCase) ? 2 : 0;
            var digits = DigitsAt(line, at + prefix);
            if (digits == 0)
            {
                return new HexFault(at + prefix, $"'{Printable.From(line.Substring(Math.Min(at + prefix, line.Length - 1), 1))}' is not a hex digit.");
            }

            if (digits % 2 != 0 && !(prefix > 0 && digits == 1))
            {
                var shown = Printable.From(line.Substring(at, prefix + digits), 40);
                return new HexFault(at, $"'{shown}' has an odd number of hex digits; the last byte is incomplete.");
            }

            Add(line.AsSpan(at + prefix, digits), bytes);
            at += prefix + digits;
        }

        return null;
    }

    public static int DigitsAt(string line, int at)
    {
        var end = at;
        while (end < line.Length && char.IsAsciiHexDigit(line[end])) end++;
        return end - at;
    }

    public static void Add(ReadOnlySpan<char> digits, List<byte> bytes)
    {
        if (digits.Length == 1) bytes.Add((byte)Convert.ToInt32(digits.ToString(), 16));
        else bytes.AddRange(Convert.FromHexString(digits));
    }
}
