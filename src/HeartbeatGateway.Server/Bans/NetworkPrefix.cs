using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HeartbeatGateway.Server.Bans;

/// <summary>An IPv4 or IPv6 network: the first bits of its addresses. IPv4 addresses that are mapped to IPv6 are IPv4.</summary>
/// <param name="Bits">The network's address; the bits after the prefix are 0.</param>
/// <param name="Length">The length of the prefix.</param>
/// <param name="IsV6">True for IPv6.</param>
internal readonly record struct NetworkPrefix(UInt128 Bits, int Length, bool IsV6)
{
    private const int MappedLength = 96;

    private static readonly IPNetwork[] Loopbacks = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>The length of an address, in bits.</summary>
    public static int WidthOf(bool isV6) => isV6 ? 128 : 32;

    /// <summary>True when it holds addresses of this machine only.</summary>
    public bool IsLoopback => Array.Exists(Loopbacks, IsWithin);

    /// <summary>The address of a peer, as a network of one; null when the transport has no addresses.</summary>
    public static NetworkPrefix? From(EndPoint? endPoint) => endPoint is IPEndPoint { Address: var address } ? From(address) : null;

    /// <summary>Reads an address, or a network such as <c>10.1.0.0/16</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="prefix">The network.</param>
    /// <param name="error">What is wrong and what to write instead; continues a sentence about the text.</param>
    public static bool TryParse(string text, out NetworkPrefix prefix, out string? error)
    {
        prefix = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var written = slash < 0 ? text : text[..slash];
        // "10" and "0x7f.1" are addresses to the framework, and a zone belongs to one machine.
        if (!IPAddress.TryParse(written, out var address) || written.Contains('%', StringComparison.Ordinal)
            || (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != written))
        {
            error = "is not an address, and no network such as 10.1.0.0/16 or 2001:db8::/32";
            return false;
        }

        var single = From(address);
        var (isMapped, width) = (address.IsIPv4MappedToIPv6, WidthOf(address.AddressFamily == AddressFamily.InterNetworkV6));
        var length = width;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > width))
        {
            error = $"has no prefix length from 0 to {width} after the slash";
            return false;
        }

        if (isMapped && length < MappedLength)
        {
            error = "is a network of mapped IPv4 addresses that is larger than all of them: write 0.0.0.0/0";
            return false;
        }

        length -= isMapped ? MappedLength : 0;
        prefix = single with { Bits = single.Bits & MaskOf(length, single.IsV6), Length = length };
        error = prefix.Bits == single.Bits ? null : $"has bits set after its prefix: write {prefix}";
        return error is null;
    }

    /// <summary>The first bits of an address.</summary>
    public static UInt128 Mask(UInt128 bits, int length, bool isV6) => bits & MaskOf(length, isV6);

    /// <summary>True when all addresses of another network are in this one.</summary>
    public bool Contains(in NetworkPrefix other) => IsV6 == other.IsV6 && Length <= other.Length && Mask(other.Bits, Length, IsV6) == Bits;

    /// <summary>True when the network holds all addresses of this one.</summary>
    public bool IsWithin(IPNetwork network)
    {
        // Peers with mapped addresses are IPv4, so such a network holds none of them.
        if (network.BaseAddress.IsIPv4MappedToIPv6) return false;
        var outer = From(network.BaseAddress);
        return (outer with { Length = network.PrefixLength }).Contains(this);
    }

    /// <summary>The address, or the network with its length.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Bits);
        var address = new IPAddress(IsV6 ? bytes : bytes[12..]);
        return Length == WidthOf(IsV6) ? $"{address}" : string.Create(CultureInfo.InvariantCulture, $"{address}/{Length}");
    }

    private static NetworkPrefix From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        if (written == 4) return new NetworkPrefix(BinaryPrimitives.ReadUInt32BigEndian(bytes), 32, IsV6: false);
        return address.IsIPv4MappedToIPv6
            ? new NetworkPrefix(BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]), 32, IsV6: false)
            : new NetworkPrefix(BinaryPrimitives.ReadUInt128BigEndian(bytes), 128, IsV6: true);
    }

    private static UInt128 MaskOf(int length, bool isV6)
    {
        var free = WidthOf(isV6) - length;
        // A shift by the whole width would be a shift by 0.
        return free >= 128 ? UInt128.Zero : UInt128.MaxValue << free;
    }
}
