using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.EndToEnd.Tests.Deploy;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Watching;

/// <summary>What is shipped to watch a gateway, watching one: nothing in it is shortened, so it takes its minutes and hardly any processor time.</summary>
[Trait("Lane", "quiet")]
public sealed class AlertTests
{
    private const int Half = 100;
    private const string Fell = "HeartbeatGatewayClientsFell";

    [Fact]
    public async Task Half_of_the_clients_go_and_the_one_who_is_woken_is_told()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            ("Gateway__Admission__MaxHeapBytes", "1000000000"), ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Warning"));
        await using var stay = Load(gateway, "stay-");
        await using var go = Load(gateway, "go-");
        await gateway.ReachesAsync("heartbeatgateway_connected_clients", 2 * Half);
        await using var watching = await WatchingStack.StartAsync($"127.0.0.1:{gateway.HttpPort}");

        // Everything has values: scraped at least twice, and computed since.
        var seen = await WatchingStack.UntilAsync("Rules and dashboards", TimeSpan.FromSeconds(100), () => MissingAsync(watching, gateway));
        Assert.Empty(await watching.FiringAsync());
        Assert.Empty(await watching.ReceiversAsync(Fell));

        go.Signal("KILL");
        await gateway.ReachesAsync("heartbeatgateway_connected_clients", Half);
        var fired = await WatchingStack.UntilAsync("The alert", TimeSpan.FromMinutes(4), async () => (await watching.FiringAsync()).Contains(Fell) ? null : "silent");
        var told = await WatchingStack.UntilAsync("Alertmanager", TimeSpan.FromMinutes(1), async () => (await watching.ReceiversAsync(Fell)).Contains("woken") ? null : "not told");
        TestContext.Current.TestOutputHelper?.WriteLine($"all rules and panels had values after {seen.TotalSeconds:0} s; the alert fired {fired.TotalSeconds:0} s after the cut and was with Alertmanager {told.TotalSeconds:0} s later");
        // For as long as its rule says, and it alone.
        Assert.InRange(fired, TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(170));
        Assert.Equal([Fell], await watching.FiringAsync());
    }

    /// <summary>What is not as it should be; null when all is.</summary>
    private static async Task<string?> MissingAsync(WatchingStack watching, GatewayProcess gateway)
    {
        var targets = (await watching.AskAsync("targets?state=active"))["activeTargets"]!.AsArray();
        if (targets.Count != 1 || targets.Any(t => (string?)t!["health"] != "up")) return $"targets {targets.ToJsonString()}";
        var rules = (await watching.AskAsync("rules"))["groups"]!.AsArray().SelectMany(g => g!["rules"]!.AsArray()).ToList();
        if (rules.FirstOrDefault(r => (string?)r!["health"] != "ok") is { } ill) return $"{ill["name"]} is {ill["health"]}: {ill["lastError"]}";
        foreach (var rule in rules.Where(r => (string?)r!["type"] == "recording"))
        {
            if (await watching.CountAsync((string)rule!["name"]!) == 0) return $"{rule["name"]} has no value";
        }

        // A restart and an alert are marked where there was one.
        foreach (var (where, query) in Dashboards.Files.SelectMany(f => Dashboards.Queries(f, "heartbeatgateway", $"127.0.0.1:{gateway.HttpPort}")).Where(q => !q.Where.EndsWith(": Restarts", StringComparison.Ordinal) && !q.Where.EndsWith(": Alerts", StringComparison.Ordinal)))
        {
            if (await watching.CountAsync(query) == 0) return $"{where} shows nothing";
        }

        return null;
    }

    private static ChildProcess Load(GatewayProcess gateway, string prefix) => new(
        "dotnet",
        [Repository.HbgDll, "load", $"--endpoint=127.0.0.1:{gateway.TcpPort}", $"--secret={TestSecrets.Secret}", $"--clients={Half}", $"--client-id-prefix={prefix}", "--message-every=10s", "--duration=1h", "--quiet"],
        new Dictionary<string, string?>());
}
