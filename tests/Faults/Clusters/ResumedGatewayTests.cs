using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>A gateway is stopped (SIGSTOP) for longer than its lease, and resumed when some of its clients are connected elsewhere.</summary>
[Trait("Lane", "cluster")]
public sealed class ResumedGatewayTests
{
    private const int Clients = 200;
    private const int WaitingClients = 20;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Keeps_clients_where_they_moved_to_and_restores_those_that_waited_when_a_stopped_gateway_resumes()
    {
        await using var redis = await RedisServer.StartAsync();
        var directory = new ClusterDirectory(redis);
        await using var cluster = await ClusterOfGateways.StartAsync(3, redis.Configuration, ClusterOfGateways.Lease(Lease));
        await using var fleet = new FleetLoad(cluster.EndPoints, Clients);
        await fleet.ConnectAsync();
        var waiting = new List<NodeClient>();
        for (var i = 0; i < WaitingClients; i++) waiting.Add(await NodeClient.ConnectAsync(cluster[0], $"waiting-{i}"));
        await using var left = await NodeClient.ConnectAsync(cluster[0], "moved", "one", 1);
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients + WaitingClients + 1);

        cluster[0].Process.Signal("STOP");
        NodeClient moved;
        try
        {
            var took = await Waiting.UntilAsync(
                () => fleet.Connected == Clients && !fleet.ConnectedTo(cluster[0]).Any(), () => "not all clients have moved", TimeSpan.FromSeconds(60));
            Waiting.Write($"all clients of the stopped gateway moved within {took.TotalSeconds:0.0} s");
            moved = await NodeClient.ConnectAsync(cluster[1], "moved", "one", 2);
            Assert.NotNull(moved.Welcome);
            await Waiting.UntilAsync(
                async () => (await directory.ReadAsync()).Values.All(e => e.Node != cluster[0].Name), () => "entries of the stopped gateway stay",
                TimeSpan.FromSeconds(20));
        }
        finally
        {
            cluster[0].Process.Signal("CONT");
        }

        await using var there = moved;
        var lost = fleet.Lost.Count;
        await left.EndsAsync(TimeSpan.FromSeconds(20));
        Waiting.Write($"the connection that was left behind ended as {left.Close?.ReasonName}, retry {left.Close?.Retry}");
        Assert.Equal((CloseReason.Replaced, true), (left.Close?.Reason, left.Close?.Retry));
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients + WaitingClients + 1);
        Assert.True(moved.IsOpen);
        Assert.All(waiting, c => Assert.True(c.IsOpen, $"A client that waited was closed as {c.Close?.ReasonName}."));
        Assert.Equal(lost, fleet.Lost.Count);
        ClusterChecks.AssertAlternating(await directory.EventsAsync());
        fleet.AssertNoFault();
        Assert.True(await cluster[0].MetricAsync("heartbeatgateway_cluster_lease_lapses_total") >= 1);
        foreach (var client in waiting) await client.DisposeAsync();
    }
}
