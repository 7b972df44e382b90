using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Faults.Tests.Support;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>A gateway is killed (SIGKILL): some of its clients reconnect to other nodes, others do not come back.</summary>
[Trait("Lane", "cluster")]
public sealed class KilledGatewayTests
{
    private const int Clients = 300;
    private const int Silent = 200;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <summary>The lease may have been renewed just before the kill; others look for lapsed leases once in a quarter of it.</summary>
    private static readonly TimeSpan ToReap = Lease + (Lease / 2);

    [Fact]
    public async Task Removes_the_entries_of_a_killed_gateway_within_its_lease_with_one_event_each_and_knows_clients_that_reconnect_elsewhere()
    {
        await using var redis = await RedisServer.StartAsync();
        var directory = new ClusterDirectory(redis);
        await using var cluster = await ClusterOfGateways.StartAsync(3, redis.Configuration, ClusterOfGateways.Lease(Lease));
        await using var fleet = new FleetLoad(cluster.EndPoints, Clients);
        await using var silent = await Crowd.ConnectAsync(cluster[0].EndPoint, Silent, (client, i) => client.HelloAsync($"silent-{i:000}"), TimeSpan.FromSeconds(3));
        await fleet.ConnectAsync();
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients + Silent);
        var moving = fleet.ConnectedTo(cluster[0]).ToHashSet(StringComparer.Ordinal);
        var (reconnects, epoch) = (fleet.Reconnects, (await directory.ReadAsync())["silent-000"].Epoch);

        await cluster[0].KillAsync();
        var took = await Waiting.UntilAsync(
            async () => (await directory.ReadAsync()).Values.All(e => e.Epoch != epoch), () => "entries of the killed gateway stay",
            ToReap + TimeSpan.FromSeconds(15));
        Waiting.Write($"no entry of the killed gateway {took.TotalSeconds:0.0} s after the kill");
        // Those of clients that reconnected are replaced by then, so this is the time of the lease.
        Assert.True(took <= ToReap + TimeSpan.FromSeconds(5), $"It took {took.TotalSeconds:0.0} s.");
        await fleet.ConnectAsync();
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);

        var events = await directory.EventsAsync();
        var lost = events.Where(e => e.Change == "node_lost").ToList();
        Waiting.Write($"{lost.Count} node_lost events; {moving.Count} clients moved, {fleet.Reconnects - reconnects} of them as reconnects");
        Assert.Equal(Enumerable.Range(0, Silent).Select(i => $"silent-{i:000}"), lost.Select(e => e.ClientId).Where(id => id.StartsWith("silent", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.All(lost, e => Assert.Equal(epoch, e.Fields["e"]));
        Assert.Equal(lost.Count, lost.Select(e => e.ClientId).Distinct(StringComparer.Ordinal).Count());
        Assert.NotEmpty(moving);
        Assert.Equal(moving.Count, fleet.Reconnects - reconnects);
        Assert.Equal(moving.Count, await cluster.MetricAsync("""heartbeatgateway_reconnects_total{identity="client"}"""));
        Assert.All(fleet.Lost, l => Assert.Equal(cluster[0].EndPoint, l.Node));
        fleet.AssertNoFault();

        // One that comes after its node was lost is a reconnect too.
        await using var late = await NodeClient.ConnectAsync(cluster[1], "silent-000");
        Assert.True(late.Welcome?.Reconnected);
    }
}
