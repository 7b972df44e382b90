using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>
/// A network namespace (ip-netns(8)), connected to the network of this process by a pair of virtual interfaces (veth). Its counters start at 0.
/// </summary>
internal sealed class NetworkNamespace : IDisposable
{
    /// <summary>198.18.0.0/15 is reserved for tests (RFC 2544); each namespace uses eight of its addresses.</summary>
    private const uint FirstAddress = (198u << 24) | (18u << 16);
    private const int Networks = 16_384;

    private readonly NetworkNamespace? _behind;
    private readonly string _nearEnd;

    /// <param name="behind">The namespace at the near end of the pair, which must forward packets; null for the network of this process.</param>
    public NetworkNamespace(NetworkNamespace? behind = null)
    {
        var number = Claim();
        _behind = behind;
        Name = NameOf(number);
        _nearEnd = Name + "o";
        NearAddress = AddressOf(number, 1);
        Address = AddressOf(number, 2);
        SecondNearAddress = AddressOf(number, 3);
        SecondAddress = AddressOf(number, 4);
        try
        {
            Near("link", "add", _nearEnd, "type", "veth", "peer", "name", Name + "i", "netns", Name);
            Near("addr", "add", $"{NearAddress}/29", "dev", _nearEnd);
            Near("addr", "add", $"{SecondNearAddress}/29", "dev", _nearEnd);
            Near("link", "set", _nearEnd, "up");
            Inside("ip", "link", "set", "lo", "up");
            Inside("ip", "addr", "add", $"{Address}/29", "dev", Name + "i");
            Inside("ip", "addr", "add", $"{SecondAddress}/29", "dev", Name + "i");
            Inside("ip", "link", "set", Name + "i", "up");
            if (behind is null) return;
            Subnet = $"{AddressOf(number, 0)}/29";
            Inside("ip", "route", "add", "default", "via", $"{NearAddress}");
            Run("ip", "route", "add", Subnet, "via", $"{behind.Address}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Name { get; }

    /// <summary>The address inside the namespace.</summary>
    public IPAddress Address { get; }

    /// <summary>A second address inside, for more connections than one pair of addresses has ports.</summary>
    public IPAddress SecondAddress { get; }

    /// <summary>The address at the near end of the pair: the source address of connections from there.</summary>
    public IPAddress NearAddress { get; }

    /// <summary>A second address at the near end, for clients that must have another address.</summary>
    public IPAddress SecondNearAddress { get; }

    /// <summary>Its addresses, for a route; only of a namespace behind another one.</summary>
    private string? Subnet { get; }

    /// <summary>
    /// From now on connections between this process and the namespace behind another one send a lost segment again after this time at the earliest, instead of after 200 ms.
    /// </summary>
    public void RetransmitAfter(TimeSpan earliest)
    {
        var (behind, milliseconds) = (_behind ?? throw new InvalidOperationException("This namespace is behind no other."), $"{earliest.TotalMilliseconds:0}ms");
        Inside("ip", "route", "change", "default", "via", $"{NearAddress}", "rto_min", milliseconds);
        Run("ip", "route", "change", Subnet!, "via", $"{behind.Address}", "rto_min", milliseconds);
    }

    /// <summary>The prefix of a command that runs inside the namespace.</summary>
    public IReadOnlyList<string> Prefix => ["ip", "netns", "exec", Name];

    /// <summary>Skips the test where namespaces cannot be created, but never on CI.</summary>
    public static void SkipUnlessAllowed() => Assert.SkipUnless(
        Environment.GetEnvironmentVariable("CI") is not null || (Environment.IsPrivilegedProcess && IsInstalled("ip") && IsInstalled("nft")),
        "SKIPPED: a network that can drop packets needs root, ip (iproute2) and nft (nftables).");

    /// <summary>Runs a command inside the namespace and returns its output.</summary>
    public string Inside(params string[] command) => Run("ip", ["netns", "exec", Name, .. command]);

    /// <summary>A counter of the TCP extensions of the namespace, such as <c>ListenDrops</c> (/proc/net/netstat).</summary>
    public long TcpCounter(string name)
    {
        var lines = Inside("cat", "/proc/net/netstat").Split('\n')
            .Where(l => l.StartsWith("TcpExt:", StringComparison.Ordinal)).Select(l => l.Split(' ')).ToList();
        return long.Parse(lines[1][Array.IndexOf(lines[0], name)], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        // The interfaces first, both ends at once: sockets with unacknowledged data would keep them for minutes after the name is deleted.
        try
        {
            Near("link", "del", _nearEnd);
        }
        catch (InvalidOperationException)
        {
            // The pair was not created, or the namespace at its near end is already deleted.
        }

        Run("ip", "netns", "del", Name);
    }

    /// <summary>The first free number, counting from the id of this process. Creating the name claims the number.</summary>
    private static int Claim()
    {
        for (var number = Environment.ProcessId % Networks; ; number = (number + 1) % Networks)
        {
            var file = Path.Combine("/run/netns", NameOf(number));
            if (File.Exists(file)) continue;
            try
            {
                Run("ip", "netns", "add", NameOf(number));
                return number;
            }
            catch (InvalidOperationException e) when (e.Message.Contains("File exists", StringComparison.Ordinal))
            {
                // Another process claimed this number first.
            }
        }
    }

    private static string NameOf(int number) => $"faults{number}";

    private static IPAddress AddressOf(int number, int host) => IPAddress.Parse($"{FirstAddress + (uint)((number * 8) + host)}");

    private static bool IsInstalled(string program) => Run("sh", "-c", $"command -v {program} || true").Length > 0;

    private static string Run(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(start)
            ?? throw new InvalidOperationException($"{file} did not start.");
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} failed: {errors.Result}");
    }

    private string Near(params string[] arguments) => Run("ip", _behind is null ? arguments : ["-n", _behind.Name, .. arguments]);
}
