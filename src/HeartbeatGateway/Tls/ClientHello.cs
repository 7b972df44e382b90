using System.Buffers;
using System.Buffers.Binary;

namespace HeartbeatGateway.Tls;

/// <summary>
/// Looks at a client's first bytes before the TLS library does. The library allocates what a ClientHello declares, up to 128 KiB; so a hello
/// is handed to it when all of its bytes are there, and only up to a limit (RFC 8446, sections 4, 4.1.2 and 5.1).
/// </summary>
internal static class ClientHello
{
    private const int RecordHeader = 5;
    private const int MessageHeader = 4;
    private const int MaxRecord = 16 * 1024;
    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;

    /// <summary>The answer of <see cref="Examine"/>.</summary>
    public enum Status
    {
        /// <summary>More bytes are needed.</summary>
        Incomplete,

        /// <summary>The whole ClientHello is there.</summary>
        Complete,

        /// <summary>These bytes are not the start of an acceptable TLS handshake.</summary>
        Refused,
    }

    /// <param name="bytes">What the client has sent so far.</param>
    /// <param name="maxBytes">The largest ClientHello that is accepted, in bytes.</param>
    /// <param name="fault">What is wrong; null unless the bytes are refused. Holds no text of the peer's.</param>
    public static Status Examine(in ReadOnlySequence<byte> bytes, int maxBytes, out HandshakeFault? fault)
    {
        fault = null;
        Span<byte> header = stackalloc byte[RecordHeader];
        Span<byte> message = stackalloc byte[MessageHeader];
        var messageBytes = 0L;
        for (var rest = bytes; ;)
        {
            if (!rest.IsEmpty && rest.FirstSpan[0] != HandshakeRecord)
            {
                fault = rest.Length == bytes.Length
                    ? DescribeFirstBytes(bytes)
                    : new($"a record of type {rest.FirstSpan[0]} stands inside its ClientHello", TlsFailureCause.NotTls);
                return Status.Refused;
            }

            // Many small records hold one message; what they add to it is bounded with it.
            if (bytes.Length - rest.Length > 2L * maxBytes)
            {
                return Refuse($"its ClientHello is spread over records of more than {2L * maxBytes} bytes", TlsFailureCause.HelloTooLarge, out fault);
            }

            if (rest.Length < RecordHeader) return Status.Incomplete;
            rest.Slice(0, RecordHeader).CopyTo(header);
            var length = BinaryPrimitives.ReadUInt16BigEndian(header[3..]);
            if (header[1] != 3 || length is 0 or > MaxRecord)
            {
                return Refuse($"its first record has version {header[1]}.{header[2]} and {length} bytes, which is no TLS handshake", TlsFailureCause.NotTls, out fault);
            }


            var fragment = rest.Slice(RecordHeader, Math.Min(length, rest.Length - RecordHeader));
            if (messageBytes < MessageHeader)
            {
                var part = (int)Math.Min(MessageHeader - messageBytes, fragment.Length);
                fragment.Slice(0, part).CopyTo(message[(int)messageBytes..]);
            }

            messageBytes += fragment.Length;
            if (messageBytes > 0 && message[0] != ClientHelloMessage)
            {
                return Refuse($"its first message is of type {message[0]}, not a ClientHello", TlsFailureCause.NotTls, out fault);
            }

            if (messageBytes >= MessageHeader)
            {
                var declared = MessageHeader + ((message[1] << 16) | BinaryPrimitives.ReadUInt16BigEndian(message[2..]));
                if (declared > maxBytes)
                {
                    return Refuse($"its ClientHello declares {declared} bytes, above Gateway:Tls:MaxClientHelloBytes ({maxBytes})", TlsFailureCause.HelloTooLarge, out fault);
                }

                if (messageBytes >= declared) return Status.Complete;
            }

            if (fragment.Length < length) return Status.Incomplete;
            rest = rest.Slice(RecordHeader + length);
        }
    }

    /// <summary>The version that a complete ClientHello names: 3.3 for TLS 1.2 and 1.3, less for older clients (RFC 8446, section 4.1.2). Null when its
    /// first record is too short to tell.</summary>
    public static (byte Major, byte Minor)? VersionOf(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> start = stackalloc byte[RecordHeader + MessageHeader + 2];
        if (bytes.Length < start.Length) return null;
        bytes.Slice(0, start.Length).CopyTo(start);
        return BinaryPrimitives.ReadUInt16BigEndian(start[3..]) < MessageHeader + 2 ? null : (start[^2], start[^1]);
    }

    private static Status Refuse(string why, TlsFailureCause cause, out HandshakeFault fault)
    {
        fault = new HandshakeFault(why, cause);
        return Status.Refused;
    }

    private static HandshakeFault DescribeFirstBytes(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> start = stackalloc byte[8];
        start = start[..(int)Math.Min(bytes.Length, start.Length)];
        bytes.Slice(0, start.Length).CopyTo(start);
        if (start.StartsWith("\0\0\0\x76"u8)) return new("it sent a plain frame, but this port expects TLS", TlsFailureCause.PlainFrame);
        if (start.StartsWith("PROXY "u8) || start.StartsWith("\r\n\r\n\0\r\n"u8)) return new("it sent a PROXY header, but its address is in none of Gateway:Proxy:TrustedNetworks", TlsFailureCause.ProxyHeader);
        if (start.StartsWith("GET "u8) || start.StartsWith("HEAD "u8) || start.StartsWith("POST "u8) || start.StartsWith("PUT "u8) || start.StartsWith("OPTIONS "u8)
            || start.StartsWith("DELETE "u8) || start.StartsWith("CONNECT "u8) || start.StartsWith("PRI * "u8))
        {
            return new("it sent an HTTP request, but this port expects TLS and frames", TlsFailureCause.Http);
        }

        return new($"its first byte is 0x{start[0]:x2}, which begins no TLS handshake", TlsFailureCause.NotTls);
    }
}
