using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Redis.Tests.Directory;

/// <summary>A Redis Cluster of three masters.</summary>
public sealed class MastersTests
{
    [Fact]
    public async Task A_Redis_Cluster_of_three_masters_holds_the_directory()
    {
        await using var servers = await RedisMasters.StartAsync();
        var network = new TestNetwork();
        await using var a = await new TestNode("a", servers.Configuration, network).StartAsync();
        await using var b = await new TestNode("b", servers.Servers[1].Configuration, network).StartAsync();
        var entries = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => a.ConnectAsync($"device-{i}", fingerprint: $"f{i}")));
        Assert.All(entries, e => Assert.Equal(ClusterEntryKind.Entered, e.Kind));
        var moved = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => b.ConnectAsync($"device-{i}")));
        Assert.All(moved, e => Assert.True(e.Previous!.WasConnected));
        Assert.Equal((400, 100), (a.Table.Count, b.Table.Count));
        Assert.Equal(ClusterEntryKind.Replayed, (await b.ConnectAsync("device-7", fingerprint: "f7")).Kind);
        Assert.Equal(2, (await b.Cluster.ListNodesAsync(default)).Count);

        // Each master has a share.
        foreach (var server in servers.Servers) Assert.NotEqual("0", await server.CallAsync("dbsize"));

        // One is lost, and comes back empty.
        var lost = servers.Servers[2];
        await lost.CallAsync("flushall");
        await a.RenewAsync();
        await b.RenewAsync();
        await RedisTest.UntilAsync(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                if (await a.FindAsync($"device-{i}") is not { } found || found.Epoch != (i < 100 ? b : a).Cluster.Self.Epoch) return false;
            }

            return true;
        });
        Assert.Equal(0, await a.Directory.Reconciler.RunAsync(TimeSpan.Zero));
    }
}
