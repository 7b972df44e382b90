using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>A Redis Cluster of three masters, one of which is killed and comes back empty.</summary>
[Trait("Lane", "cluster")]
public sealed class RedisMastersTests
{
    private const int Clients = 300;
    private const int Partitions = 16;
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task Spreads_the_directory_over_three_masters_and_restores_what_one_of_them_lost()
    {
        RedisServer.SkipUnlessInstalled();
        await using var redis = await RedisMasters.StartAsync();
        var directory = new ClusterDirectory([.. redis.Servers]);
        await using var cluster = await ClusterOfGateways.StartAsync(3, redis.Configuration);
        await using var fleet = new FleetLoad(cluster.EndPoints, Clients);
        await fleet.ConnectAsync();
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);
        var partitions = await directory.PartitionsAsync();
        Waiting.Write($"partitions of the masters: {string.Join(", ", partitions)}");
        Assert.Equal(Partitions, partitions.Sum());
        Assert.All(partitions, p => Assert.InRange(p, Partitions / 3, (Partitions / 3) + 1));
        await SendAcrossAsync(cluster, fleet);

        foreach (var server in redis.Servers)
        {
            await server.KillAsync();
            await Waiting.For(Away);
            await server.StartAgainAsync();
            await redis.AgreesAsync();
            await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);
        }

        Assert.Empty(fleet.Lost);
        fleet.AssertNoFault();
        await SendAcrossAsync(cluster, fleet);
    }

    private static async Task SendAcrossAsync(ClusterOfGateways cluster, FleetLoad fleet)
    {
        var other = fleet.ConnectedTo(cluster[1]).First();
        await Waiting.UntilAsync(
            async () => (await cluster[0].SendAsync(other, "across", "?wait=2")).Result == "delivered", () => "no message reaches another node", TimeSpan.FromSeconds(30));
    }
}
