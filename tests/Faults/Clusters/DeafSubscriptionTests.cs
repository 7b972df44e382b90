using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>
/// A subscription that is connected and delivers nothing: a proxy between a gateway and Redis drops the messages of channels, and passes everything else.
/// </summary>
[Trait("Lane", "cluster")]
public sealed class DeafSubscriptionTests
{
    private const int Clients = 90;
    private const string Replaced = "heartbeatgateway_cluster_inbox_replaced_total";
    private static readonly TimeSpan ToNotice = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Replaces_a_deaf_subscription()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(redis);
        var directory = new ClusterDirectory(redis);
        await using var cluster = await ClusterOfGateways.StartAsync(
        [
            [("Gateway__Redis__Configuration", redis.Configuration)],
            [("Gateway__Redis__Configuration", proxy.Configuration)],
            [("Gateway__Redis__Configuration", redis.Configuration)],
        ]);
        await using var fleet = new FleetLoad(cluster.EndPoints, Clients);
        await fleet.ConnectAsync();
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);
        var behind = fleet.ConnectedTo(cluster[1]).First();
        Assert.Equal("delivered", (await cluster[0].SendAsync(behind, "before", "?wait=5")).Result);
        var replaced = await cluster[1].MetricAsync(Replaced);

        proxy.Deafen();
        var (result, took) = await cluster[0].SendAsync(behind, "deaf");
        Waiting.Write($"a message to a client of the deaf node: {result} after {took.TotalSeconds:0.00} s");
        Assert.DoesNotContain(result, (string[])["queued", "delivered", "held", "client_gone", "gone"]);
        var noticed = await Waiting.UntilAsync(
            async () => await cluster[1].MetricAsync(Replaced) > replaced,
            () => $"the subscription was not replaced; {proxy.Dropped} messages were dropped",
            ToNotice);
        var heard = await Waiting.UntilAsync(
            async () => (await cluster[0].SendAsync(behind, "after", "?wait=2")).Result == "delivered", () => "the node is still deaf", ToNotice);
        Waiting.Write($"replaced {noticed.TotalSeconds:0.0} s later, heard {heard.TotalSeconds:0.0} s after that; {proxy.Dropped} messages were dropped");
        Assert.True(proxy.Dropped > 0);
        Assert.Empty(fleet.Lost);
        Assert.True(fleet.ReceiversOf("after") > 0);
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);
    }

    [Fact]
    public async Task Closes_a_connection_that_was_taken_over_while_its_node_was_deaf()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var proxy = new RedisProxy(redis);
        var directory = new ClusterDirectory(redis);
        await using var cluster = await ClusterOfGateways.StartAsync(
            [[("Gateway__Redis__Configuration", redis.Configuration)], [("Gateway__Redis__Configuration", proxy.Configuration)]]);
        await using var left = await NodeClient.ConnectAsync(cluster[1], "moved", "one", 1);
        await ClusterChecks.AssertWholeAsync(cluster, directory, 1);
        proxy.Deafen();
        await using var moved = await NodeClient.ConnectAsync(cluster[0], "moved", "two", 1);
        var began = TimeProvider.System.GetTimestamp();
        await left.EndsAsync(ToNotice);
        Waiting.Write($"the former connection ended {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s later; {proxy.Dropped} messages were dropped");
        // By the question, which was asked again: a close by the comparison may be retried.
        Assert.Equal((CloseReason.Replaced, false), (left.Close?.Reason, left.Close?.Retry));
        Assert.True(proxy.Dropped > 0);
        await ClusterChecks.AssertWholeAsync(cluster, directory, 1);
        Assert.True(moved.IsOpen);
    }
}
