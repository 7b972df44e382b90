using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>One client id connects to two nodes in turn, as fast as it can, from several programs at once.</summary>
[Trait("Lane", "cluster")]
public sealed class FlappingTests
{
    private const int Programs = 4;
    private const int Connects = 100;

    [Fact]
    public async Task Leaves_one_connection_and_one_entry_of_a_client_id_that_flaps_between_nodes()
    {
        await using var redis = await RedisServer.StartAsync();
        var directory = new ClusterDirectory(redis);
        await using var cluster = await ClusterOfGateways.StartAsync(3, redis.Configuration);
        var clients = new List<NodeClient>();
        var generations = new List<long>();
        await Task.WhenAll(Enumerable.Range(0, Programs).Select(async program =>
        {
            for (var i = 0; i < Connects; i++)
            {
                var client = await NodeClient.ConnectAsync(cluster[(program + i) % 2], "flapping");
                lock (clients)
                {
                    clients.Add(client);
                    if (client.Welcome is { } welcome) generations.Add(welcome.Generation);
                }
            }
        }));

        await ClusterChecks.AssertWholeAsync(cluster, directory, 1);
        var kept = Assert.Single(clients, c => c.IsOpen);
        Waiting.Write($"{generations.Count} of {Programs * Connects} connects were welcomed; the rest were replaced before their welcome");
        Assert.NotNull(kept.Welcome);
        Assert.Equal(generations.Max(), kept.Welcome.Generation);
        Assert.Equal(kept.Welcome.Generation, Assert.Single(await directory.ReadAsync()).Value.Generation);
        Assert.Equal(generations.Count, generations.Distinct().Count());
        // How many depends on the machine; some must have moved.
        Assert.True(generations.Count > Connects / 4);
        foreach (var client in clients) await client.DisposeAsync();
        await ClusterChecks.AssertWholeAsync(cluster, directory, 0);

        // Each connection that was entered has one event, and their generations rise.
        var events = (await directory.EventsAsync()).Where(e => e.ClientId == "flapping" && e.Change is "connected" or "reconnected" or "replaced").ToList();
        var entered = events.Select(e => long.Parse(e.Fields["g"], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(entered.Order(), entered);
        Assert.Equal(entered.Count, entered.Distinct().Count());
    }
}
