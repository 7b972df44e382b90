using System.Diagnostics;
using System.Net;

namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>A network of its own (ip-netns(8)), joined to ours by a virtual cable. Its counters begin at 0, and its cable can be cut.</summary>
internal sealed class NetworkNamespace : IDisposable
{
    private static int _made;

    private readonly string _ours;

    public NetworkNamespace()
    {
        var number = Interlocked.Increment(ref _made);
        Name = $"hbg{Environment.ProcessId}n{number}";
        _ours = $"hbg{Environment.ProcessId % 100_000}o{number}";
        var theirs = $"hbg{Environment.ProcessId % 100_000}i{number}";
        // Networks for tests only (RFC 2544), one /30 for each.
        Address = IPAddress.Parse($"198.18.{Environment.ProcessId % 200}.{(number * 4) + 2}");
        Here = IPAddress.Parse($"198.18.{Environment.ProcessId % 200}.{(number * 4) + 1}");
        Run("ip", "netns", "add", Name);
        try
        {
            Run("ip", "link", "add", _ours, "type", "veth", "peer", "name", theirs, "netns", Name);
            Run("ip", "addr", "add", $"{Here}/30", "dev", _ours);
            Run("ip", "link", "set", _ours, "up");
            Inside("ip", "link", "set", "lo", "up");
            Inside("ip", "addr", "add", $"{Address}/30", "dev", theirs);
            Inside("ip", "link", "set", theirs, "up");
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

    /// <summary>Our own address on the cable.</summary>
    public IPAddress Here { get; }

    /// <summary>What to put before a command so that it runs inside.</summary>
    public IReadOnlyList<string> Prefix => ["ip", "netns", "exec", Name];

    /// <summary>Runs a command inside; its output.</summary>
    public string Inside(params string[] command) => Run("ip", ["netns", "exec", Name, .. command]);

    public void Dispose()
    {
        // The cable goes with either of its ends.
        Run("ip", "netns", "del", Name);
    }

    private static string Run(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })
            ?? throw new InvalidOperationException($"{file} did not start.");
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} failed: {errors.Result}");
    }
}
