using System.Buffers;

namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// The first bytes of a PROXY header: version 1 (text) and version 2 (binary) of https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt. Where a
/// frame must start they come from a proxy that is not trusted.
/// </summary>
internal static class ProxySignature
{
    /// <summary>The length of the longer signature and of the fixed part of a binary header, in bytes.</summary>
    public const int BinaryPrefixLength = 16;

    public static ReadOnlySpan<byte> Text => "PROXY "u8;

    public static ReadOnlySpan<byte> Binary => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>True for bytes that begin as a header does, as far as they go.</summary>
    public static bool IsLikely(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> start = stackalloc byte[BinaryPrefixLength];
        start = start[..Copy(bytes, start)];
        return !start.IsEmpty && (Agrees(start, Text) || Agrees(start, Binary));
    }

    /// <summary>True for bytes that begin as a header does, and are long enough to be sure.</summary>
    public static bool IsStart(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> start = stackalloc byte[BinaryPrefixLength];
        start = start[..Copy(bytes, start)];
        return start.StartsWith(Text) || start.StartsWith(Binary);
    }

    /// <summary>True when two texts are equal as far as the shorter one goes.</summary>
    public static bool Agrees(ReadOnlySpan<byte> start, ReadOnlySpan<byte> with)
    {
        var length = Math.Min(start.Length, with.Length);
        return start[..length].SequenceEqual(with[..length]);
    }

    /// <summary>Copies as many bytes as fit.</summary>
    /// <returns>How many.</returns>
    public static int Copy(in ReadOnlySequence<byte> from, Span<byte> to)
    {
        var length = (int)Math.Min(from.Length, to.Length);
        from.Slice(0, length).CopyTo(to);
        return length;
    }
}
