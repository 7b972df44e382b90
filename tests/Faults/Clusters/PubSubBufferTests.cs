using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>A gateway that takes nothing from its subscription: Redis ends the connection when its output buffer is full.</summary>
[Trait("Lane", "cluster")]
public sealed class PubSubBufferTests
{
    private const int Clients = 90;
    private const int MiB = 64;
    private static readonly TimeSpan ToRecover = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Subscribes_again_after_redis_has_ended_a_subscription_whose_buffer_was_full()
    {
        await using var redis = await RedisServer.StartAsync("--client-output-buffer-limit", "pubsub", "1mb", "512kb", "2");
        var directory = new ClusterDirectory(redis);
        await using var cluster = await ClusterOfGateways.StartAsync(3, redis.Configuration);
        await using var fleet = new FleetLoad(cluster.EndPoints, Clients);
        await fleet.ConnectAsync();
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);
        var behind = fleet.ConnectedTo(cluster[1]).First();
        var epoch = (await directory.ReadAsync())[behind].Epoch;

        cluster[1].Process.Signal("STOP");
        try
        {
            // The kernel's buffers take some megabytes first.
            var receivers = await redis.CallAsync(
                "eval", "local n = 0 for i = 1, tonumber(ARGV[2]) do n = redis.call('publish', ARGV[1], string.rep('x', 1048576)) end return n", "0",
                $"heartbeatgateway:inbox:{epoch}", $"{MiB}");
            Assert.Equal("1", receivers);
            await redis.SawAsync("for overcoming of output buffer limits", TimeSpan.FromSeconds(3));
        }
        finally
        {
            cluster[1].Process.Signal("CONT");
        }

        var took = await Waiting.UntilAsync(
            async () => (await cluster[0].SendAsync(behind, "after", "?wait=2")).Result == "delivered", () => "no message reaches the node", ToRecover);
        Waiting.Write($"the node is reached {took.TotalSeconds:0.0} s after it was resumed");
        Assert.True(fleet.ReceiversOf("after") > 0);
        Assert.Empty(fleet.Lost);
        fleet.AssertNoFault();
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);
    }
}
