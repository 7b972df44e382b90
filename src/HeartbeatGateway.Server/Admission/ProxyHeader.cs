using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Text;

namespace HeartbeatGateway.Server.Admission;

/// <summary>
/// Reads the header by which a proxy tells whom it speaks for: version 1 (a line of text) and version 2 (binary) of
/// https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt.
/// </summary>
internal static class ProxyHeader
{
    /// <summary>The longest version 1 header, in bytes (section 2.1).</summary>
    private const int MaxTextLength = 107;

    /// <summary>The longest version 2 header that is accepted, in bytes: addresses, and some room for what proxies add.</summary>
    private const int MaxBinaryLength = 2048;
    private const int BinaryPrefixLength = 16;
    private const int TcpOverIpv4 = 0x11;
    private const int TcpOverIpv6 = 0x21;

    private static ReadOnlySpan<byte> TextStart => "PROXY "u8;

    private static ReadOnlySpan<byte> BinaryStart => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>True for bytes that begin as a header does, as far as they go.</summary>
    public static bool IsLikely(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> start = stackalloc byte[BinaryPrefixLength];
        start = start[..Copy(bytes, start)];
        return !start.IsEmpty && (Agrees(start, TextStart) || Agrees(start, BinaryStart));
    }

    /// <summary>True for bytes that begin as a header does, and go far enough to be sure.</summary>
    public static bool IsStart(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> start = stackalloc byte[BinaryPrefixLength];
        start = start[..Copy(bytes, start)];
        return start.StartsWith(TextStart) || start.StartsWith(BinaryStart);
    }

    /// <summary>Takes a header off the start of what was read.</summary>
    /// <param name="bytes">What was read; behind the header when the answer is a source.</param>
    /// <param name="answer">The answer; only when the method returns true.</param>
    /// <returns>False when more bytes are needed.</returns>
    public static bool TryRead(ref ReadOnlySequence<byte> bytes, out ProxyHeaderAnswer answer)
    {
        Span<byte> start = stackalloc byte[BinaryPrefixLength];
        start = start[..Copy(bytes, start)];
        answer = default;
        if (start.IsEmpty) return false;
        if (Agrees(start, TextStart)) return start.Length >= TextStart.Length && TryReadText(ref bytes, out answer);
        if (Agrees(start, BinaryStart)) return start.Length == BinaryPrefixLength && TryReadBinary(ref bytes, start, out answer);
        answer = ProxyHeaderAnswer.Invalid("it does not begin as a PROXY header does");
        return true;
    }

    private static bool TryReadText(ref ReadOnlySequence<byte> bytes, out ProxyHeaderAnswer answer)
    {
        answer = default;
        Span<byte> line = stackalloc byte[MaxTextLength];
        line = line[..Copy(bytes, line)];
        var end = line.IndexOf("\r\n"u8);
        if (end < 0)
        {
            if (line.Length < MaxTextLength) return false;
            answer = ProxyHeaderAnswer.Invalid($"its line has more than {MaxTextLength} bytes");
            return true;
        }

        bytes = bytes.Slice(end + 2);
        var words = Encoding.ASCII.GetString(line[TextStart.Length..end]).Split(' ');
        answer = words switch
        {
            ["UNKNOWN", ..] => ProxyHeaderAnswer.Unknown,
            ["TCP4" or "TCP6", var source, var destination, var sourcePort, var destinationPort]
                when ParseAddress(source, words[0]) is { } address && ParseAddress(destination, words[0]) is not null
                    && TryParsePort(sourcePort, out var port) && TryParsePort(destinationPort, out _) => ProxyHeaderAnswer.From(new IPEndPoint(address, port)),
            _ => ProxyHeaderAnswer.Invalid("its line is not PROXY TCP4|TCP6 SOURCE DESTINATION PORT PORT"),
        };
        return true;
    }

    private static bool TryReadBinary(ref ReadOnlySequence<byte> bytes, ReadOnlySpan<byte> prefix, out ProxyHeaderAnswer answer)
    {
        answer = default;
        var length = BinaryPrefixLength + BinaryPrimitives.ReadUInt16BigEndian(prefix[14..]);
        if (length > MaxBinaryLength) answer = ProxyHeaderAnswer.Invalid($"it claims {length} bytes, more than {MaxBinaryLength}");
        else if (prefix[12] >> 4 != 2) answer = ProxyHeaderAnswer.Invalid($"its version is {prefix[12] >> 4}, not 2");
        else if ((prefix[12] & 0xF) > 1) answer = ProxyHeaderAnswer.Invalid($"its command is {prefix[12] & 0xF}, neither LOCAL nor PROXY");
        if (answer.Fault is not null) return true;
        if (bytes.Length < length) return false;

        // LOCAL is the proxy itself, checking our health.
        answer = (prefix[12] & 0xF) == 0 ? ProxyHeaderAnswer.Unknown : Source(bytes.Slice(BinaryPrefixLength, length - BinaryPrefixLength), prefix[13]);
        bytes = bytes.Slice(length);
        return true;
    }

    private static ProxyHeaderAnswer Source(in ReadOnlySequence<byte> addresses, byte family)
    {
        Span<byte> block = stackalloc byte[36];
        block = block[..Copy(addresses, block)];
        return family switch
        {
            TcpOverIpv4 when block.Length >= 12 => ProxyHeaderAnswer.From(new IPEndPoint(new IPAddress(block[..4]), BinaryPrimitives.ReadUInt16BigEndian(block[8..]))),
            TcpOverIpv6 when block.Length >= 36 => ProxyHeaderAnswer.From(new IPEndPoint(new IPAddress(block[..16]), BinaryPrimitives.ReadUInt16BigEndian(block[32..]))),
            TcpOverIpv4 or TcpOverIpv6 => ProxyHeaderAnswer.Invalid("it is too short for its addresses"),
            // Unspecified, or a Unix socket: somebody, from nowhere that we could tell.
            0x00 or 0x31 => ProxyHeaderAnswer.Unknown,
            _ => ProxyHeaderAnswer.Invalid($"its address family 0x{family:x2} is none of a TCP connection"),
        };
    }

    /// <summary>Strictly as the standard writes them: .NET also takes octal, hexadecimal and short forms.</summary>
    private static IPAddress? ParseAddress(string text, string family)
    {
        if (!IPAddress.TryParse(text, out var address)) return null;
        var isV4 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        if (isV4 != (family == "TCP4") || (isV4 && address.ToString() != text) || text.Contains('%', StringComparison.Ordinal)) return null;
        return address;
    }

    private static bool TryParsePort(string text, out ushort port) =>
        Utf8Parser.TryParse(Encoding.ASCII.GetBytes(text), out port, out var read) && read == text.Length && text.All(char.IsAsciiDigit);

    private static bool Agrees(ReadOnlySpan<byte> start, ReadOnlySpan<byte> with)
    {
        var length = Math.Min(start.Length, with.Length);
        return start[..length].SequenceEqual(with[..length]);
    }

    private static int Copy(in ReadOnlySequence<byte> from, Span<byte> to)
    {
        var length = (int)Math.Min(from.Length, to.Length);
        from.Slice(0, length).CopyTo(to);
        return length;
    }
}
