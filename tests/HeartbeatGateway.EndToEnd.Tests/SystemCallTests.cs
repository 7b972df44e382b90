using System.Globalization;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>System calls per ping: on each transport the gateway makes no more than a Kestrel handler that only answers pings.</summary>
public sealed class SystemCallTests
{
    private const int Pings = 3000;

    /// <summary>Other work in the process or on the machine only adds calls, so the minimum of these tries is the cost of a ping.</summary>
    private const int Tries = 3;

    /// <summary>Calls that a ping can cause: to receive it, to pass it to another thread, to answer it.</summary>
    private static readonly string[] Reasons = ["epoll_wait", "recvfrom", "futex", "sched_yield", "sendto"];

    [Fact]
    public async Task A_ping_needs_no_more_system_calls_than_in_a_bare_handler()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/strace") && System.Environment.GetEnvironmentVariable("CI") is null, "SKIPPED: strace is missing");
        Dictionary<string, double> gateways, bares;
        await using (var gateway = await GatewayProcess.StartAsync(("Gateway__Tcp__Transport", "Sockets"))) gateways = await CountAsync(gateway.Id, gateway.TcpPort);
        var port = GatewayProcess.FreePort();
        await using (var bare = new ChildProcess("dotnet", [Repository.BareDll, $"{port}"], new Dictionary<string, string?>()))
        {
            await bare.SawAsync("ready");
            bares = await CountAsync(bare.Id, port);
        }

        Print("the gateway", gateways);
        Print("a bare handler", bares);
        // Per ping: one call that receives it, one that finds no more data (unless the next ping has arrived already), and one that answers.
        Assert.InRange(gateways["recvfrom"], 0.9, (Math.Max(bares["recvfrom"], 2) * 1.01) + 0.01);
        Assert.InRange(gateways["sendto"], 0.9, (bares["sendto"] * 1.01) + 0.01);
        // With the wait for the next ping there are four, or fewer if one wait returns several pings. The timer wheel adds calls, more on a busy
        // machine. Passing the ping to another thread would take two more calls per ping.
        Assert.InRange(Reasons.Sum(gateways.GetValueOrDefault), 3, Math.Max(Reasons.Sum(bares.GetValueOrDefault), 4) + 1);
    }

    [Fact]
    public async Task On_epoll_a_ping_takes_one_call_that_receives_and_one_that_sends()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/strace") && System.Environment.GetEnvironmentVariable("CI") is null, "SKIPPED: strace is missing");
        await using var gateway = await GatewayProcess.StartAsync(("Gateway__Tcp__Transport", "Epoll"));
        var calls = await CountAsync(gateway.Id, gateway.TcpPort);

        Print("the gateway on epoll", calls);
        Assert.InRange(calls["recvfrom"], 0.99, 1.01);
        Assert.InRange(calls["sendto"], 0.99, 1.01);
        Assert.InRange(calls.GetValueOrDefault("epoll_ctl"), 0, 0.01);
        // With the wait for the next ping. The timer wheel adds calls, more on a busy machine.
        Assert.InRange(Reasons.Sum(calls.GetValueOrDefault), 2.9, 4);
    }

    /// <summary>System calls of a process per ping of one client, by name.</summary>
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

            // Lines such as "     6001 recvfrom", with headings and dashes between them and the total at the end.
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
