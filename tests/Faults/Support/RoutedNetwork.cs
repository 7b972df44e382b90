using System.Globalization;
using System.Net;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>
/// A network behind a router that can drop all packets of a connection, or a share of all packets. The router drops them on the way: TCP
/// does not count a packet as lost when the sender's own kernel drops it.
/// </summary>
internal sealed class RoutedNetwork : IDisposable
{
    private const string Rules = """
        table ip faults {
          counter passed {}
          counter dropped {}
          set ports { type inet_service; }
          set addresses { type ipv4_addr; }
          chain forward {
            type filter hook forward priority 0;
            counter name passed
            tcp sport @ports drop
            tcp dport @ports drop
            ip saddr @addresses drop
            ip daddr @addresses drop
          }
        }
        """;

    private readonly NetworkNamespace _router = new();
    private readonly NetworkNamespace _inside;

    public RoutedNetwork()
    {
        try
        {
            _router.Inside("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward");
            _router.Inside("nft", Rules);
            _inside = new NetworkNamespace(_router);
        }
        catch
        {
            _router.Dispose();
            throw;
        }
    }

    /// <summary>The network behind the router.</summary>
    public NetworkNamespace Inside => _inside;

    /// <summary>The address of this process, as programs behind the router reach it.</summary>
    public IPAddress ThisProcess => _router.NearAddress;

    /// <summary>The second address of this process's network; clients use the first by default.</summary>
    public IPAddress SecondNearAddress => _router.SecondNearAddress;

    /// <summary>The packets that reached the router so far, and how many of them <see cref="Lose"/> dropped.</summary>
    public (long All, long Lost) Packets => (Count("passed"), Count("dropped"));

    /// <summary>From now on the router drops all packets from or to these ports.</summary>
    public void Cut(IEnumerable<int> ports) => _router.Inside("nft", $"add element ip faults ports {{ {string.Join(", ", ports)} }}");

    /// <summary>From now on the router drops all packets from or to this address.</summary>
    public void Cut(IPAddress address) => _router.Inside("nft", $"add element ip faults addresses {{ {address} }}");

    /// <summary>Reverts every <c>Cut</c>.</summary>
    public void Restore() => _router.Inside("nft", "flush set ip faults ports; flush set ip faults addresses");

    /// <summary>From now on the router drops this percentage of packets at random, in both directions.</summary>
    public void Lose(int percent) => _router.Inside("nft", $"add rule ip faults forward numgen random mod 100 < {percent} counter name dropped drop");

    public void Dispose()
    {
        _inside.Dispose();
        _router.Dispose();
    }

    private long Count(string counter)
    {
        var words = _router.Inside("nft", $"list counter ip faults {counter}").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(words[Array.IndexOf(words, "packets") + 1], CultureInfo.InvariantCulture);
    }
}
