using System.Globalization;
using System.Net;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>
/// A network behind a router that can cut connections off without a word, and lose packets. It does so on the way, so that neither
/// end's system notices: a packet that its own system drops is no loss for TCP.
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

    /// <summary>The network that is behind the router.</summary>
    public NetworkNamespace Inside => _inside;

    /// <summary>Our own second address; clients use the first unless they are told to.</summary>
    public IPAddress SecondHere => _router.SecondHere;

    /// <summary>Packets that came to the router so far, and how many of them <see cref="Lose"/> took.</summary>
    public (long All, long Lost) Packets => (Count("passed"), Count("dropped"));

    /// <summary>From now on no packet from or to these ports arrives.</summary>
    public void Cut(IEnumerable<int> ports) => _router.Inside("nft", $"add element ip faults ports {{ {string.Join(", ", ports)} }}");

    /// <summary>From now on no packet from or to this address arrives.</summary>
    public void Cut(IPAddress address) => _router.Inside("nft", $"add element ip faults addresses {{ {address} }}");

    /// <summary>Joins what was cut.</summary>
    public void Heal() => _router.Inside("nft", "flush set ip faults ports; flush set ip faults addresses");

    /// <summary>From now on so many of a hundred packets are lost, in either direction, each by chance.</summary>
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
