using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>A network of its own (ip-netns(8)), joined to ours by a virtual cable. Its counters begin at 0.</summary>
internal sealed class NetworkNamespace : IDisposable
{
    /// <summary>198.18.0.0/15 is for tests only (RFC 2544); each network has eight of its addresses.</summary>
    private const uint FirstAddress = (198u << 24) | (18u << 16);
    private const int Networks = 16_384;

    private readonly NetworkNamespace? _behind;
    private readonly string _nearEnd;

    /// <param name="behind">The network at the near end of the cable, which has to forward; null for our own.</param>
    public NetworkNamespace(NetworkNamespace? behind = null)
    {
        var number = Claim();
        _behind = behind;
        Name = NameOf(number);
        _nearEnd = Name + "o";
        Here = AddressOf(number, 1);
        Address = AddressOf(number, 2);
        SecondHere = AddressOf(number, 3);
        SecondAddress = AddressOf(number, 4);
        try
        {
            Near("link", "add", _nearEnd, "type", "veth", "peer", "name", Name + "i", "netns", Name);
            Near("addr", "add", $"{Here}/29", "dev", _nearEnd);
            Near("addr", "add", $"{SecondHere}/29", "dev", _nearEnd);
            Near("link", "set", _nearEnd, "up");
            Inside("ip", "link", "set", "lo", "up");
            Inside("ip", "addr", "add", $"{Address}/29", "dev", Name + "i");
            Inside("ip", "addr", "add", $"{SecondAddress}/29", "dev", Name + "i");
            Inside("ip", "link", "set", Name + "i", "up");
            if (behind is null) return;
            Inside("ip", "route", "add", "default", "via", $"{Here}");
            Run("ip", "route", "add", $"{AddressOf(number, 0)}/29", "via", $"{behind.Address}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Name { get; }

    /// <summary>The address of what runs inside.</summary>
    public IPAddress Address { get; }

    /// <summary>Another one, for more connections than one pair of addresses has ports.</summary>
    public IPAddress SecondAddress { get; }

    /// <summary>The address at the near end of the cable, from which its network connects.</summary>
    public IPAddress Here { get; }

    /// <summary>Another one there, for those who are to be told apart by their address.</summary>
    public IPAddress SecondHere { get; }

    /// <summary>What to put before a command so that it runs inside.</summary>
    public IReadOnlyList<string> Prefix => ["ip", "netns", "exec", Name];

    /// <summary>Skips the test where no network can be made, but never on CI.</summary>
    public static void SkipUnlessAllowed() => Assert.SkipUnless(
        Environment.GetEnvironmentVariable("CI") is not null || (Environment.IsPrivilegedProcess && IsThere("ip") && IsThere("nft")),
        "SKIPPED: a network that can be cut needs root, ip (iproute2) and nft (nftables).");

    /// <summary>Runs a command inside; its output.</summary>
    public string Inside(params string[] command) => Run("ip", ["netns", "exec", Name, .. command]);

    /// <summary>A counter of the TCP extensions of that network, such as <c>ListenDrops</c> (/proc/net/netstat).</summary>
    public long TcpCounter(string name)
    {
        var lines = Inside("cat", "/proc/net/netstat").Split('\n').Where(l => l.StartsWith("TcpExt:", StringComparison.Ordinal)).Select(l => l.Split(' ')).ToList();
        return long.Parse(lines[1][Array.IndexOf(lines[0], name)], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        // The cable first, both ends at once: sockets that nobody answers would keep it for minutes after the name is gone.
        try
        {
            Near("link", "del", _nearEnd);
        }
        catch (InvalidOperationException)
        {
            // It was not made, or the network at its near end is gone.
        }

        Run("ip", "netns", "del", Name);
    }

    /// <summary>The first number, from this process's own on, whose name nobody has. Making a name is what claims it.</summary>
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
                // Another process was faster.
            }
        }
    }

    private static string NameOf(int number) => $"faults{number}";

    private static IPAddress AddressOf(int number, int host) => IPAddress.Parse($"{FirstAddress + (uint)((number * 8) + host)}");

    private static bool IsThere(string program) => Run("sh", "-c", $"command -v {program} || true").Length > 0;

    private static string Run(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })
            ?? throw new InvalidOperationException($"{file} did not start.");
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} failed: {errors.Result}");
    }

    private string Near(params string[] arguments) => Run("ip", _behind is null ? arguments : ["-n", _behind.Name, .. arguments]);
}
