using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.EndToEnd.Tests.Deploy;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Watching;

/// <summary>
/// The shipped monitoring files, watching a real gateway. Their intervals are not shortened, so the test takes minutes but hardly any
/// processor time.
/// </summary>
[Trait("Lane", "quiet")]
public sealed class AlertTests
{
    private const int Half = 100;
    private const string ClientsFell = "HeartbeatGatewayClientsFell";

    [Fact]
    public async Task Fires_one_alert_and_pages_the_operator_when_half_of_the_clients_disconnect()
    {
        // With everything on that has a panel of its own: the loops of the transport on epoll, and a cluster.
        await using var redis = await RedisServer.StartAsync();
        await using var gateway = await GatewayProcess.StartAsync(
            ("Gateway__Redis__Configuration", redis.Configuration),
            ("Gateway__Admission__MaxHeapBytes", "1000000000"), ("Gateway__Heartbeat__ShadowReaderIdle__0", "00:00:05"), ("Gateway__Tcp__Transport", "Epoll"),
            ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Warning"));
        await using var staying = Load(gateway, "stay-");
        await using var leaving = Load(gateway, "go-");
        await gateway.ReachesAsync("heartbeatgateway_connected_clients", 2 * Half);
        await using var watching = await WatchingStack.StartAsync($"127.0.0.1:{gateway.HttpPort}");

        // Every rule and every panel has values: scraped at least twice, then evaluated.
        var seen = await WatchingStack.UntilAsync("Rules and dashboards", TimeSpan.FromSeconds(100), () => MissingAsync(watching, gateway));
        Assert.Empty(await watching.FiringAsync());
        Assert.Empty(await watching.ReceiversAsync(ClientsFell));

        leaving.Signal("KILL");
        await gateway.ReachesAsync("heartbeatgateway_connected_clients", Half);
        var fired = await WatchingStack.UntilAsync(
            "The alert", TimeSpan.FromMinutes(4), async () => (await watching.FiringAsync()).Contains(ClientsFell) ? null : "not firing");
        var notified = await WatchingStack.UntilAsync(
            "Alertmanager", TimeSpan.FromMinutes(1), async () => (await watching.ReceiversAsync(ClientsFell)).Contains("woken") ? null : "not notified");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"all rules and panels had values after {seen.TotalSeconds:0} s; the alert fired {fired.TotalSeconds:0} s after the cut "
            + $"and reached Alertmanager {notified.TotalSeconds:0} s later");
        // The alert fires after the time that its rule states, and no other alert fires.
        Assert.InRange(fired, TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(170));
        Assert.Equal([ClientsFell], await watching.FiringAsync());
    }

    /// <summary>The first thing that is missing or wrong; null when there is none.</summary>
    private static async Task<string?> MissingAsync(WatchingStack watching, GatewayProcess gateway)
    {
        var targets = (await watching.AskAsync("targets?state=active"))["activeTargets"]!.AsArray();
        if (targets.Count != 1 || targets.Any(t => (string?)t!["health"] != "up")) return $"targets {targets.ToJsonString()}";
        var rules = (await watching.AskAsync("rules"))["groups"]!.AsArray().SelectMany(g => g!["rules"]!.AsArray()).ToList();
        if (rules.FirstOrDefault(r => (string?)r!["health"] != "ok") is { } failing) return $"{failing["name"]} is {failing["health"]}: {failing["lastError"]}";
        foreach (var rule in rules.Where(r => (string?)r!["type"] == "recording"))
        {
            if (await watching.CountAsync((string)rule!["name"]!) == 0) return $"{rule["name"]} has no value";
        }

        // Restarts and alerts are annotations: they are empty when there was none.
        var queries = Dashboards.Files.SelectMany(f => Dashboards.Queries(f, "heartbeatgateway", $"127.0.0.1:{gateway.HttpPort}"))
            .Where(q => !q.Where.EndsWith(": Restarts", StringComparison.Ordinal) && !q.Where.EndsWith(": Alerts", StringComparison.Ordinal));
        foreach (var (where, query) in queries)
        {
            if (await watching.CountAsync(query) == 0) return $"{where} is empty";
        }

        return null;
    }

    private static ChildProcess Load(GatewayProcess gateway, string prefix) => new(
        "dotnet",
        [
            Repository.HbgDll, "load", $"--endpoint=127.0.0.1:{gateway.TcpPort}", $"--secret={TestSecrets.Secret}", $"--clients={Half}",
            $"--client-id-prefix={prefix}", "--message-every=10s", "--duration=1h", "--quiet",
        ],
        new Dictionary<string, string?>());
}
