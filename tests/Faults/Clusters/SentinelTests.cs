using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>Three Sentinels promote a replica, because the master was killed.</summary>
[Trait("Lane", "cluster")]
public sealed class SentinelTests
{
    private const int Clients = 300;
    private static readonly TimeSpan ToFollow = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Loses_no_client_and_follows_to_the_new_master_when_sentinels_fail_over()
    {
        RedisServer.SkipUnlessInstalled();
        await using var redis = await RedisSentinels.StartAsync();
        await using var cluster = await ClusterOfGateways.StartAsync(3, redis.Configuration);
        await using var fleet = new FleetLoad(cluster.EndPoints, Clients);
        await fleet.ConnectAsync();
        await ClusterChecks.AssertWholeAsync(cluster, new ClusterDirectory(redis.Master), Clients);

        var took = await redis.FailOverAsync();
        Waiting.Write($"the replica was promoted {took.TotalSeconds:0.0} s after the master was killed");
        var directory = new ClusterDirectory(redis.Replica);
        // Clients that come and go show that the gateways write to the new master.
        await using var late = await NodeClient.ConnectAsync(cluster[0], "late");
        Assert.NotNull(late.Welcome);
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients + 1, ToFollow);
        var other = fleet.ConnectedTo(cluster[1]).First();
        var sent = await Waiting.UntilAsync(
            async () => (await cluster[0].SendAsync(other, "after", "?wait=2")).Result == "delivered", () => "no message reaches another node", ToFollow);
        Waiting.Write($"messages between nodes arrive {sent.TotalSeconds:0.0} s later");
        Assert.Empty(fleet.Lost);
        fleet.AssertNoFault();
    }
}
