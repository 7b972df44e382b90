using System.Net;

namespace HeartbeatGateway.Cli.Load;

/// <summary>Source addresses in 127.0.0.0/8. Each has its own ports and counts as a separate address for per-address limits.</summary>
internal static class SourceAddress
{
    /// <summary>The largest number of addresses.</summary>
    public const int Max = 1_000_000;

    /// <summary>Clients per source address. An address has about 28,000 ports for one destination; this value is well below that.</summary>
    public const int ClientsPerAddress = 10_000;

    private const int First = (127 << 24) | (1 << 16) | 1;

    /// <summary>Address number <paramref name="index"/> from 0: 127.1.0.1, 127.1.0.2, …</summary>
    public static IPAddress Of(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Max);
        return new IPAddress(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((uint)(First + index)));
    }

    /// <summary>The number of addresses that the given number of clients needs, at least one.</summary>
    public static int Needed(int clients) => Math.Max(1, (clients + ClientsPerAddress - 1) / ClientsPerAddress);

    /// <summary>True for endpoints that a source address in 127.0.0.0/8 can reach.</summary>
    public static bool CanReach(EndPoint endpoint) => endpoint switch
    {
        IPEndPoint ip => ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && IPAddress.IsLoopback(ip.Address),
        DnsEndPoint dns => dns.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
