using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>All gateways are restarted one after another, while their clients send numbered messages into the stream in Redis.</summary>
[Trait("Lane", "cluster")]
public sealed class RollingRestartTests
{
    private const int Clients = 240;
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan MaxGap = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Loses_no_acknowledged_message_and_makes_no_storm_when_all_nodes_are_restarted_under_load()
    {
        await using var redis = await RedisServer.StartAsync();
        var directory = new ClusterDirectory(redis);
        await using var cluster = await ClusterOfGateways.StartAsync(
            3, redis.Configuration, ("Gateway__Draining__Duration", $"{Drain}"), ("Gateway__Messages__Sinks__0__Kind", "redis"));
        // The clients' own backoff is that of the defaults. The restarts follow each other faster than a connection counts as stable.
        await using var fleet = new FleetLoad(cluster.EndPoints, Clients, change: o => o with { BackoffMax = MaxBackoff });
        await fleet.ConnectAsync();
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);
        fleet.StartSending(Pause);

        var busiest = new List<int>();
        foreach (var node in cluster.Nodes)
        {
            var from = fleet.Second;
            await node.ShutDownAsync();
            await node.StartAsync();
            await fleet.ConnectAsync();
            busiest.Add(fleet.Connects(from, fleet.Second + 1).Max());
            await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);
        }

        await fleet.StopSendingAsync();
        var gaps = fleet.Gaps;
        var p99 = gaps[Math.Min(gaps.Count - 1, gaps.Count * 99 / 100)];
        Waiting.Write($"{gaps.Count} reconnects, gap p50 {gaps[gaps.Count / 2].TotalSeconds:0.000} s, p99 {p99.TotalSeconds:0.000} s, at most {gaps[^1].TotalSeconds:0.000} s");
        Waiting.Write($"lost connections: {string.Join(", ", fleet.Lost.CountBy(l => l.End.ReasonName ?? $"{l.End.Kind}").Select(r => $"{r.Value} {r.Key}"))}");
        Waiting.Write($"welcomes in the busiest second of each restart: {string.Join(", ", busiest)}");
        Assert.True(p99 <= MaxGap, $"The 99th percentile of the gaps is {p99.TotalSeconds:0.00} s.");
        Assert.All(busiest, b => Assert.True(b <= Clients / 2, $"{b} clients connected in one second."));
        fleet.AssertNoFault();

        var stored = (await directory.MessagesAsync()).SelectMany(m => m.Values).ToHashSet(StringComparer.Ordinal);
        var missing = fleet.Acknowledged.Where(m => !stored.Contains(m)).ToList();
        Waiting.Write($"{fleet.Acknowledged.Count} messages were acknowledged, {missing.Count} of them are not in the stream");
        Assert.True(fleet.Acknowledged.Count > Clients * 10);
        Assert.True(missing.Count == 0, $"{missing.Count} acknowledged messages are lost, such as '{missing.FirstOrDefault()}'.");
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);
    }
}
