using System.Buffers.Binary;
using System.Net;

namespace HeartbeatGateway.Server.Context;

/// <summary>
/// An address that identifies a client: an IPv4 address, or the /64 network of an IPv6 address (one subscriber may use all of it). An IPv4 address
/// mapped to IPv6 counts as IPv4.
/// </summary>
internal readonly record struct AddressKey(ulong Bits, AddressKey.Kind Family)
{
    public enum Kind : byte
    {
        /// <summary>The transport has no addresses, so no client is recognised.</summary>
        None,
        V4,
        V6,
    }

    public static AddressKey From(EndPoint? endPoint)
    {
        if (endPoint is not IPEndPoint { Address: var address }) return default;
        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out var written)) return default;
        if (written == 4) return new AddressKey(BinaryPrimitives.ReadUInt32BigEndian(bytes), Kind.V4);
        return address.IsIPv4MappedToIPv6
            ? new AddressKey(BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]), Kind.V4)
            : new AddressKey(BinaryPrimitives.ReadUInt64BigEndian(bytes), Kind.V6);
    }

    /// <summary>The address, or the network of an IPv6 address.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        switch (Family)
        {
            case Kind.V4:
                BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Bits);
                return new IPAddress(bytes[..4]).ToString();
            case Kind.V6:
                BinaryPrimitives.WriteUInt64BigEndian(bytes, Bits);
                return $"{new IPAddress(bytes)}/64";
            default:
                return "no address";
        }
    }
}
