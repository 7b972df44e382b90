using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>One recorded hello is sent to three nodes: with Redis, without it, and when Redis returns.</summary>
[Trait("Lane", "cluster")]
public sealed class RecordedHelloTests
{
    private const string Replayed = """heartbeatgateway_token_failures_total{cause="replayed"}""";
    private static readonly TimeSpan ToDecide = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Accepts_one_recorded_hello_once_in_the_cluster_with_redis_up_down_and_returning()
    {
        await using var redis = await RedisServer.StartAsync();
        var directory = new ClusterDirectory(redis);
        await using var cluster = await ClusterOfGateways.StartAsync(3, redis.Configuration);

        var hello = NodeClient.Hello("recorded");
        await using var genuine = await NodeClient.ConnectAsync(cluster[0].EndPoint, hello);
        Assert.NotNull(genuine.Welcome);
        foreach (var node in cluster.Nodes) await AssertRefusedAsync(node, hello);
        Assert.Equal(3, await cluster.MetricAsync(Replayed));
        Assert.True(genuine.IsOpen);
        // A restarted node has no memory of its own.
        await cluster[1].ShutDownAsync();
        await cluster[1].StartAsync();
        await AssertRefusedAsync(cluster[1], hello);
        await ClusterChecks.AssertWholeAsync(cluster, directory, 1);

        var second = NodeClient.Hello("recorded-while-down");
        var fresh = new List<NodeClient>();
        double replayed;
        redis.Stop();
        try
        {
            // Nobody can know better now. The first hello was accepted by node 1, which remembers it.
            await AssertRefusedAsync(cluster[0], hello);
            foreach (var node in cluster.Nodes)
            {
                fresh.Add(await NodeClient.ConnectAsync(node.EndPoint, second));
                await AssertRefusedAsync(node, second);
            }

            replayed = await cluster.MetricAsync(Replayed);
        }
        finally
        {
            redis.Continue();
        }

        Assert.All(fresh, c => Assert.NotNull(c.Welcome));
        await Waiting.UntilAsync(() => fresh.Count(c => c.IsOpen) == 1, () => $"{fresh.Count(c => c.IsOpen)} connections with one recorded hello are open", ToDecide);
        await ClusterChecks.AssertWholeAsync(cluster, directory, 2);
        Waiting.Write($"when Redis was back: {string.Join(", ", fresh.Select(c => c.IsOpen ? "kept" : "ended"))}");
        Assert.Single(fresh, c => c.IsOpen);
        // A token that is invalid is never answered: their connections end without a close frame.
        Assert.All(fresh, c => Assert.Null(c.Close));
        Assert.Equal(replayed + 2, await cluster.MetricAsync(Replayed));
        Assert.True(genuine.IsOpen);
        foreach (var node in cluster.Nodes)
        {
            await AssertRefusedAsync(node, second);
            await AssertRefusedAsync(node, hello);
        }

        // Refused hellos have not disturbed the clients.
        Assert.True(genuine.IsOpen);
        await ClusterChecks.AssertWholeAsync(cluster, directory, 2);
        foreach (var client in fresh) await client.DisposeAsync();
    }

    private static async Task AssertRefusedAsync(GatewayNode node, byte[] hello)
    {
        await using var replay = await NodeClient.ConnectAsync(node.EndPoint, hello);
        Assert.True(replay.Welcome is null, $"{node.Name} welcomed a hello that was used.");
        await replay.EndsAsync(ToDecide);
    }
}
