using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Faults.Tests.Stalls;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>Three gateways whose clocks are an hour ahead, right and an hour behind. What is newer is decided by Redis' clock.</summary>
[Trait("Lane", "cluster")]
public sealed class ClusterClockTests
{
    private const int Clients = 100;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ToDecide = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Keeps_the_later_connection_of_a_client_that_moved_between_degraded_nodes_with_clocks_an_hour_apart()
    {
        await using var redis = await RedisServer.StartAsync();
        var directory = new ClusterDirectory(redis);
        using var ahead = await ShiftedClock.BuildAsync();
        using var behind = await ShiftedClock.BuildAsync();
        (ahead.By, behind.By) = (Hour, -Hour);
        // Without dates in tokens: a gateway rejects a client whose clock is an hour off by design.
        (string, string?)[] common = [("Gateway__Redis__Configuration", redis.Configuration), ("Gateway__Tokens__Scheme", "none"), ClusterOfGateways.Lease(Apart)];
        await using var cluster = await ClusterOfGateways.StartAsync([[.. common, .. ahead.Settings], common, [.. common, .. behind.Settings]]);
        await using var fleet = new FleetLoad(
            cluster.EndPoints, Clients, change: o => o with { Acknowledgements = false, Tokens = new TokenKeyringOptions { Scheme = TokenScheme.None } });
        await fleet.ConnectAsync();
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);
        var clients = new List<(NodeClient First, NodeClient Second)>();

        redis.Stop();
        try
        {
            clients.Add(await MoveAsync(cluster[0], cluster[2], "forward", instance: null));
            clients.Add(await MoveAsync(cluster[2], cluster[0], "back", instance: null));
            clients.Add(await MoveAsync(cluster[0], cluster[2], "forward-again", "same"));
            clients.Add(await MoveAsync(cluster[2], cluster[0], "back-again", "same"));
        }
        finally
        {
            redis.Continue();
        }

        foreach (var (first, second) in clients)
        {
            await first.EndsAsync(ToDecide);
            Assert.Equal((CloseReason.Replaced, true), (first.Close?.Reason, first.Close?.Retry));
            Assert.True(second.IsOpen);
        }

        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients + clients.Count);
        Assert.All(clients, c => Assert.True(c.Second.IsOpen));
        Assert.Empty(fleet.Lost);

        // With Redis, a client moves either way too; its generation rises whatever the clocks say.
        var generation = 0L;
        foreach (var node in (int[])[0, 2, 1, 0, 2])
        {
            await using var client = await NodeClient.ConnectAsync(cluster[node], "wanderer");
            Assert.NotNull(client.Welcome);
            Assert.True(client.Welcome.Generation > generation, $"Node {node + 1} gave generation {client.Welcome.Generation} after {generation}.");
            generation = client.Welcome.Generation;
        }

        fleet.AssertNoFault();
        foreach (var (first, second) in clients)
        {
            await first.DisposeAsync();
            await second.DisposeAsync();
        }

        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);
    }

    private static async Task<(NodeClient First, NodeClient Second)> MoveAsync(GatewayNode from, GatewayNode to, string clientId, string? instance)
    {
        var first = await NodeClient.ConnectAsync(from, clientId, instance, instance is null ? null : 1);
        Assert.NotNull(first.Welcome);
        await Waiting.For(Apart);
        var second = await NodeClient.ConnectAsync(to, clientId, instance, instance is null ? null : 2);
        Assert.NotNull(second.Welcome);
        return (first, second);
    }
}
