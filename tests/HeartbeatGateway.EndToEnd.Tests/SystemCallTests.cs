using System.Globalization;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>What a ping asks of the kernel: no more than it asks of a Kestrel handler that does nothing but answer, whatever else the gateway does.</summary>
public sealed class SystemCallTests
{
    private const int Pings = 3000;

    /// <summary>What else goes on in a process, and on a busy machine, only adds calls: the least of these tries is what a ping takes.</summary>
    private const int Tries = 3;

    /// <summary>Those that a ping can be the reason for: to bring it, to hand it to another thread, to answer it.</summary>
    private static readonly string[] Reasons = ["epoll_wait", "recvfrom", "futex", "sched_yield", "sendto"];

    [Fact]
    public async Task A_ping_costs_the_system_calls_that_it_costs_a_bare_handler()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/strace") && System.Environment.GetEnvironmentVariable("CI") is null, "SKIPPED: strace is missing");
        Dictionary<string, double> gateways, bares;
        await using (var gateway = await GatewayProcess.StartAsync()) gateways = await CountAsync(gateway.Id, gateway.TcpPort);
        var port = GatewayProcess.FreePort();
        await using (var bare = new ChildProcess("dotnet", [Repository.BareDll, $"{port}"], new Dictionary<string, string?>()))
        {
            await bare.SawAsync("ready");
            bares = await CountAsync(bare.Id, port);
        }

        Print("the gateway", gateways);
        Print("a bare handler", bares);
        // One that brings the ping, one that finds nothing more unless the next ping has come already, and one that answers.
        Assert.InRange(gateways["recvfrom"], 0.9, (Math.Max(bares["recvfrom"], 2) * 1.01) + 0.01);
        Assert.InRange(gateways["sendto"], 0.9, (bares["sendto"] * 1.01) + 0.01);
        // With the wait for the next one four, fewer where a wait brings several; the wheel turns meanwhile, often on a busy machine. A hop to
        // another thread would take two more for each ping.
        Assert.InRange(Reasons.Sum(gateways.GetValueOrDefault), 3, Math.Max(Reasons.Sum(bares.GetValueOrDefault), 4) + 1);
    }

    /// <summary>Calls of a process for each of a client's pings, by name.</summary>
    private static async Task<Dictionary<string, double>> CountAsync(int process, int port)
    {
        using var client = await SocketClient.ConnectAsync(port);
        for (var i = 0; i < Pings; i++) await client.PingAsync();
        var tries = new List<Dictionary<string, double>>();
        while (tries.Count < Tries) tries.Add(await TryAsync(process, client));
        return tries.SelectMany(t => t.Keys).Distinct().ToDictionary(name => name, name => tries.Min(t => t.GetValueOrDefault(name)));
    }

    private static async Task<Dictionary<string, double>> TryAsync(int process, SocketClient client)
    {
        var file = Path.GetTempFileName();
        try
        {
            await using (var strace = new ChildProcess("strace", ["-f", "-c", "-U", "calls,name", "-o", file, "-p", $"{process}"], new Dictionary<string, string?>()))
            {
                await strace.SawAsync("attached");
                for (var i = 0; i < Pings; i++) await client.PingAsync();
                strace.Signal("INT");
                await strace.ExitCodeAsync();
            }

            // "     6001 recvfrom", one a line; dashes and headings in between, and the total at the end.
            return (await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken))
                .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(w => w.Length == 2 && w[1] != "total" && int.TryParse(w[0], CultureInfo.InvariantCulture, out _))
                .ToDictionary(w => w[1], w => int.Parse(w[0], CultureInfo.InvariantCulture) / (double)Pings);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void Print(string whose, Dictionary<string, double> calls) =>
        TestContext.Current.TestOutputHelper?.WriteLine($"{whose}: {string.Join(", ", calls.OrderByDescending(c => c.Value).Take(8).Select(c => $"{c.Value:0.000} {c.Key}"))}");
}
