using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Text;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Server.Admission;

/// <summary>The result of reading a PROXY header.</summary>
/// <param name="Source">The client behind the proxy; null for the proxy itself, or when it does not name one.</param>
/// <param name="Failure">How the connection ends; <see cref="CloseReason.None"/> when it continues.</param>
/// <param name="Fault">What is wrong with the header; null when nothing is.</param>
internal readonly record struct ProxyHeaderAnswer(IPEndPoint? Source, CloseReason Failure, string? Fault)
{
    /// <summary>There is no header; the bytes belong to the client.</summary>
    public bool IsMissing { get; private init; }

    public static ProxyHeaderAnswer Unknown => default;

    public static ProxyHeaderAnswer From(IPEndPoint source) => new(source, CloseReason.None, null);

    /// <summary>The connection begins with other bytes.</summary>
    public static ProxyHeaderAnswer Missing => Invalid("it does not begin as a PROXY header does") with { IsMissing = true };

    public static ProxyHeaderAnswer Invalid(string fault) => new(null, CloseReason.ProxyInvalid, fault);

    public static ProxyHeaderAnswer Ended(CloseReason reason) => new(null, reason, null);
}

/// <summary>
/// Reads the header in which a proxy names the client behind it: version 1 (a line of text) and version 2 (binary) of
/// https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt.
/// </summary>
internal static class ProxyHeader
{
    /// <summary>The longest version 1 header, in bytes (section 2.1).</summary>
    private const int MaxTextLength = 107;

    /// <summary>
    /// The longest version 2 header that is accepted, in bytes: addresses, and room for additions of proxies, such as the client's certificate
    /// (PP2_SUBTYPE_SSL_CLIENT_CERT).
    /// </summary>
    private const int MaxBinaryLength = 4096;
    private const int BinaryPrefixLength = ProxySignature.BinaryPrefixLength;
    private const int TcpOverIpv4 = 0x11;
    private const int TcpOverIpv6 = 0x21;

    /// <summary>Takes a header off the start of what was read.</summary>
    /// <param name="bytes">What was read; behind the header when the answer is a source.</param>
    /// <param name="answer">The answer; only when the method returns true.</param>
    /// <returns>False when more bytes are needed.</returns>
    public static bool TryRead(ref ReadOnlySequence<byte> bytes, out ProxyHeaderAnswer answer)
    {
        Span<byte> start = stackalloc byte[BinaryPrefixLength];
        start = start[..ProxySignature.Copy(bytes, start)];
        answer = default;
        if (start.IsEmpty) return false;
        if (ProxySignature.Agrees(start, ProxySignature.Text)) return start.Length >= ProxySignature.Text.Length && TryReadText(ref bytes, out answer);
        if (ProxySignature.Agrees(start, ProxySignature.Binary)) return start.Length == BinaryPrefixLength && TryReadBinary(ref bytes, start, out answer);
        answer = ProxyHeaderAnswer.Missing;
        return true;
    }

    private static bool TryReadText(ref ReadOnlySequence<byte> bytes, out ProxyHeaderAnswer answer)
    {
        answer = default;
        Span<byte> line = stackalloc byte[MaxTextLength];
        line = line[..ProxySignature.Copy(bytes, line)];
        var end = line.IndexOf("\r\n"u8);
        if (end < 0)
        {
            if (line.Length < MaxTextLength) return false;
            answer = ProxyHeaderAnswer.Invalid($"its line has more than {MaxTextLength} bytes");
            return true;
        }

        bytes = bytes.Slice(end + 2);
        var words = Encoding.ASCII.GetString(line[ProxySignature.Text.Length..end]).Split(' ');
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

        // LOCAL is the proxy's own health check.
        answer = (prefix[12] & 0xF) == 0 ? ProxyHeaderAnswer.Unknown : Source(bytes.Slice(BinaryPrefixLength, length - BinaryPrefixLength), prefix[13]);
        bytes = bytes.Slice(length);
        return true;
    }

    private static ProxyHeaderAnswer Source(in ReadOnlySequence<byte> addresses, byte family)
    {
        Span<byte> block = stackalloc byte[36];
        block = block[..ProxySignature.Copy(addresses, block)];
        return family switch
        {
            TcpOverIpv4 when block.Length >= 12 => ProxyHeaderAnswer.From(new IPEndPoint(new IPAddress(block[..4]), BinaryPrimitives.ReadUInt16BigEndian(block[8..]))),
            TcpOverIpv6 when block.Length >= 36 => ProxyHeaderAnswer.From(new IPEndPoint(new IPAddress(block[..16]), BinaryPrimitives.ReadUInt16BigEndian(block[32..]))),
            TcpOverIpv4 or TcpOverIpv6 => ProxyHeaderAnswer.Invalid("it is too short for its addresses"),
            // Unspecified, or a Unix socket: the address of the client is unknown.
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
}
