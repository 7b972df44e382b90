using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Faults.Tests.Support;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>20,000 clients of two nodes leave at once, while the entries of a third, lost node are removed.</summary>
[Trait("Lane", "cluster")]
public sealed class LeavesDuringSweepTests
{
    private const int Leaving = 20_000;
    private const int Lost = 2000;

    private static readonly TimeSpan ToConnect = TimeSpan.FromSeconds(180);

    /// <summary>A look starts a program, which must not take the processor from the gateways.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <param name="leaseSeconds">
    /// With 20 s no node that lives loses its lease while the machine is busy with 22,000 hellos. With 2 s one may: its clients are lost and entered again.
    /// </param>
    [Theory]
    [InlineData(20)]
    [InlineData(2)]
    public async Task Leaves_no_entry_behind_when_20000_clients_leave_while_a_lost_node_is_reaped(int leaseSeconds)
    {
        var lease = TimeSpan.FromSeconds(leaseSeconds);
        await using var redis = await RedisServer.StartAsync();
        var directory = new ClusterDirectory(redis);
        await using var cluster = await ClusterOfGateways.StartAsync(
            3, redis.Configuration, ClusterOfGateways.Lease(lease), ("Gateway__Redis__MaxEvents", "100000"));
        await using var lost = await Crowd.ConnectAsync(
            cluster[0].EndPoint, Lost, (client, i) => client.HelloAsync($"lost-{i:00000}"), TimeSpan.FromSeconds(4));
        // A process may open 20,000 files: two programs hold half of the clients each.
        await using var left = Load(cluster[1], "left-");
        await using var right = Load(cluster[2], "right-");
        var entered = await Waiting.UntilAsync(
            async () => await directory.CountAsync() == Leaving + Lost, () => "not all clients are in the directory", ToConnect, Look);
        Waiting.Write($"{Leaving + Lost} clients are in the directory after {entered.TotalSeconds:0.0} s");
        await using var kept = await NodeClient.ConnectAsync(cluster[1], "kept");

        await cluster[0].KillAsync();
        await Waiting.UntilAsync(async () => await directory.CountAsync() <= Leaving + Lost, () => "no node removes the entries of the lost one", ToConnect);
        // The kernel closes the connections of a killed program, all at once.
        left.Signal("KILL");
        right.Signal("KILL");
        var gone = await Waiting.UntilAsync(async () => await directory.CountAsync() == 1, () => "entries stay", TimeSpan.FromSeconds(60), Look);
        Waiting.Write($"all {Leaving + Lost} entries are gone {gone.TotalSeconds:0.0} s after the clients left");
        await ClusterChecks.AssertWholeAsync(cluster, directory, 1);
        Assert.True(kept.IsOpen);

        var events = await directory.EventsAsync();
        var last = ClusterChecks.AssertAlternating(events);
        var ends = events.Where(e => ClusterChecks.IsEnd(e.Change)).ToList();
        Waiting.Write($"{string.Join(", ", ends.CountBy(e => $"{e.Change} {e.Fields.GetValueOrDefault("reason")}").Select(c => $"{c.Value} {c.Key}"))}");
        Waiting.Write($"{await cluster.MetricAsync("heartbeatgateway_cluster_lease_lapses_total")} leases of the nodes that run have lapsed");
        Assert.Equal(["kept"], last.Where(e => !ClusterChecks.IsEnd(e.Value)).Select(e => e.Key));
        Assert.Equal(Leaving + Lost + 1, last.Count);
        Assert.All(last.Where(e => e.Key.StartsWith("lost-", StringComparison.Ordinal)), e => Assert.Equal("node_lost", e.Value));
        if (leaseSeconds == 2) return;
        Assert.Equal(0, await cluster.MetricAsync("heartbeatgateway_cluster_lease_lapses_total"));
        Assert.Equal(ends.Count, ends.Select(e => (e.ClientId, e.Fields["g"])).Distinct().Count());
        Assert.Equal(Lost, ends.Count(e => e.Change == "node_lost" && e.ClientId.StartsWith("lost-", StringComparison.Ordinal)));
        // A client that had to connect twice on a busy machine has left twice.
        Assert.Equal(Leaving, ends.Where(e => e.Change == "disconnected").Select(e => e.ClientId).Distinct(StringComparer.Ordinal).Count());
    }

    private static ChildProcess Load(GatewayNode node, string prefix) => new(
        "dotnet",
        [
            Repository.HbgDll, "load", $"--endpoint={node.EndPoint}", $"--secret={TestSecrets.Secret}", $"--clients={Leaving / 2}", "--ramp=2000",
            "--duration=600s", $"--client-id-prefix={prefix}", "--quiet",
        ],
        new Dictionary<string, string?>());
}
