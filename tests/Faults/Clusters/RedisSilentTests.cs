using System.Net;
using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Faults.Tests.Support;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>Redis does not answer, and its connections stand: it is stopped, or the network drops all its packets.</summary>
[Trait("Lane", "cluster")]
public sealed class RedisSilentTests
{
    private const int Clients = 300;
    private const int LateClients = 20;
    private static readonly TimeSpan Stopped = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ToFail = TimeSpan.FromSeconds(1);
    private static readonly TimeProvider Time = TimeProvider.System;

    [Fact]
    public async Task Fails_calls_within_a_second_and_disturbs_no_heartbeat_while_redis_is_stopped_for_30_seconds()
    {
        await using var redis = await RedisServer.StartAsync();
        await AssertUndisturbedAsync(redis, redis.Stop, redis.Continue, Stopped);
    }

    [Fact]
    public async Task Fails_calls_within_a_second_and_disturbs_no_heartbeat_while_the_network_drops_all_packets_of_redis()
    {
        NetworkNamespace.SkipUnlessAllowed();
        using var network = new RoutedNetwork();
        await using var redis = await RedisServer.StartAsync(network.Inside.Address, network.Inside.Prefix);
        await AssertUndisturbedAsync(redis, () => network.Cut([redis.Port]), network.Restore, Cut);
    }

    private static async Task AssertUndisturbedAsync(RedisServer redis, Action silence, Action restore, TimeSpan silent)
    {
        var directory = new ClusterDirectory(redis);
        await using var cluster = await ClusterOfGateways.StartAsync(3, redis.Configuration);
        await using var fleet = new FleetLoad(cluster.EndPoints, Clients);
        await fleet.ConnectAsync();
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);
        await using var canary = await Canary.StartAsync(cluster[0].EndPoint);

        var began = Time.GetTimestamp();
        silence();
        var late = new List<NodeClient>();
        try
        {
            await AssertCallsFailAsync(cluster, fleet, "at first");
            var welcomes = new List<TimeSpan>();
            for (var i = 0; i < LateClients; i++)
            {
                var sent = Time.GetTimestamp();
                late.Add(await NodeClient.ConnectAsync(cluster[i % 3], $"late-{i}"));
                welcomes.Add(Time.GetElapsedTime(sent));
                Assert.NotNull(late[^1].Welcome);
            }

            Waiting.Write($"welcomed without Redis after {welcomes.Min().TotalMilliseconds:0} to {welcomes.Max().TotalMilliseconds:0} ms");
            Assert.True(welcomes.Min() < ToFail);
            foreach (var node in cluster.Nodes) Assert.Equal(HttpStatusCode.OK, (await node.Process.Http.GetAsync("/readyz")).StatusCode);
            if (silent - Time.GetElapsedTime(began) is { Ticks: > 0 } rest) await Waiting.For(rest);
            await AssertCallsFailAsync(cluster, fleet, "at last");
            foreach (var node in cluster.Nodes) Assert.Equal(HttpStatusCode.OK, (await node.Process.Http.GetAsync("/readyz")).StatusCode);
        }
        finally
        {
            restore();
        }

        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients + LateClients);
        Assert.Empty(fleet.Lost);
        fleet.AssertNoFault();
        Assert.All(late, c => Assert.True(c.IsOpen));
        await canary.AssertAliveAsync();
        Waiting.Write($"{canary.Answers.Count} heartbeats, answered in {canary.Answers.Order().ElementAt(canary.Answers.Count / 2).TotalMilliseconds:0.0} ms, at most {canary.Answers.Max().TotalMilliseconds:0.0} ms");
        foreach (var client in late) await client.DisposeAsync();
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);
    }

    /// <summary>A message for a client of another node cannot be delivered. The answer says so in time; the least of three tries counts.</summary>
    private static async Task AssertCallsFailAsync(ClusterOfGateways cluster, FleetLoad fleet, string when)
    {
        var elsewhere = fleet.ConnectedTo(cluster[1]).First();
        var here = fleet.ConnectedTo(cluster[0]).First();
        var answers = new List<(string Result, TimeSpan Took)>();
        for (var i = 0; i < 3; i++) answers.Add(await cluster[0].SendAsync(elsewhere, "out of reach"));
        Waiting.Write($"{when}: {string.Join(", ", answers.Select(a => $"{a.Result} after {a.Took.TotalMilliseconds:0} ms"))}");
        Assert.All(answers, a => Assert.DoesNotContain(a.Result, (string[])["queued", "delivered", "held", "client_gone", "gone"]));
        Assert.True(answers.Min(a => a.Took) <= ToFail, $"The quickest answer took {answers.Min(a => a.Took).TotalSeconds:0.00} s.");
        // Clients of the same node are reached all the same.
        Assert.Equal("delivered", (await cluster[0].SendAsync(here, "in reach", "?wait=5")).Result);
    }
}
