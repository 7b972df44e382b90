using System.Net;

namespace HeartbeatGateway.Cli.Load;

/// <summary>Addresses of 127.0.0.0/8 for clients to come from: each has ports of its own, and counts as an address of its own.</summary>
internal static class SourceAddress
{
    /// <summary>The most that can be asked for.</summary>
    public const int Max = 1_000_000;

    /// <summary>An address has some 28,000 ports for one destination; well below that.</summary>
    public const int ClientsPerAddress = 10_000;

    private const int First = (127 << 24) | (1 << 16) | 1;

    /// <summary>Address number <paramref name="index"/> from 0: 127.1.0.1, 127.1.0.2, …</summary>
    public static IPAddress Of(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Max);
        return new IPAddress(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((uint)(First + index)));
    }

    /// <summary>How many addresses so many clients need; one when they fit one.</summary>
    public static int Needed(int clients) => Math.Max(1, (clients + ClientsPerAddress - 1) / ClientsPerAddress);

    /// <summary>True for endpoints that such an address can reach.</summary>
    public static bool CanReach(EndPoint endpoint) => endpoint switch
    {
        IPEndPoint ip => ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && IPAddress.IsLoopback(ip.Address),
        DnsEndPoint dns => dns.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
