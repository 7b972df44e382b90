using System.Globalization;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>The kernel's table of TCP connections of a local port (proc_net_tcp, IPv4).</summary>
internal static class TcpTable
{
    private const string Established = "01";

    /// <summary>For each open connection of a port, by the port of its peer: the bytes that are unsent or not acknowledged.</summary>
    public static Dictionary<int, long> SendQueues(int port)
    {
        var queues = new Dictionary<int, long>();
        foreach (var line in File.ReadLines("/proc/net/tcp").Skip(1))
        {
            // "0: 0100007F:1F91 0100007F:8A3C 01 0000ABCD:00000000 ...": local address, remote address, state, send and receive queue, in hex.
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields[3] != Established || Hex(fields[1].Split(':')[1]) != port) continue;
            queues[(int)Hex(fields[2].Split(':')[1])] = Hex(fields[4].Split(':')[0]);
        }

        return queues;
    }

    private static long Hex(string text) => long.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
