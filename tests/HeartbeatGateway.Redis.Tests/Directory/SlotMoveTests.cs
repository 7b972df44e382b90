using System.Diagnostics;
using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Testing.Redis;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Tests.Directory;

/// <summary>The script of docs/cluster.md that moves a partition to another master.</summary>
public sealed class SlotMoveTests
{
    [Fact]
    public async Task A_partition_moves_to_another_master_by_the_documented_script_while_gateways_run()
    {
        await using var servers = await RedisMasters.StartAsync();
        var network = new TestNetwork();
        await using var a = await new TestNode("a", servers.Configuration, network).StartAsync();
        await using var b = await new TestNode("b", servers.Servers[1].Configuration, network).StartAsync();
        for (var i = 0; i < 200; i++) Assert.Equal(ClusterEntryKind.Entered, (await (i % 2 == 0 ? a : b).ConnectAsync($"device-{i}", fingerprint: $"f{i}")).Kind);
        var keys = new RedisKeys("heartbeatgateway");
        var (from, to) = (servers.Servers[0], servers.Servers[2]);
        var script = ClusterDocument.BlockUnder("Moving a partition to another master", "sh");
        // The first master has the lowest slots. The partition of a client that it holds, and with it what is kept for it.
        var partition = Enumerable.Range(0, RedisKeys.Partitions).MinBy(p => HashTags.SlotOf(RedisKeys.Tags[p]));
        var away = Enumerable.Range(0, 1_000).Select(i => $"away-{i}").First(id => RedisKeys.PartitionOf(id) == partition);
        Assert.True(await a.Cluster.HoldAsync(away, "held"u8.ToArray(), TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken));

        await MoveAsync(RedisKeys.Tags[partition], from, to);

        Assert.Equal("0", await from.CallAsync("cluster", "countkeysinslot", $"{HashTags.SlotOf(RedisKeys.Tags[partition])}"));
        Assert.Equal("2", await to.CallAsync("exists", keys.Held(partition, away), keys.Events(partition)));
        await RedisTest.UntilAsync(
            async () =>
            {
                try
                {
                    foreach (var node in (TestNode[])[a, b]) await node.RenewAsync();
                    for (var i = 0; i < 200; i++)
                    {
                        if (await a.FindAsync($"device-{i}") is not { } found || found.Epoch != (i % 2 == 0 ? a : b).Cluster.Self.Epoch) return false;
                    }

                    return true;
                }
                catch (RedisException)
                {
                    // The node has not learned the slot's new master yet.
                    return false;
                }
            });
        Assert.Equal((100, 100), (a.Table.Count, b.Table.Count));
        Assert.Equal("held", Assert.Single((await a.ConnectAsync(away)).Kept.Held.Select(h => System.Text.Encoding.UTF8.GetString(h.Message.Span))));
        var known = Enumerable.Range(0, 200).First(i => RedisKeys.PartitionOf($"device-{i}") == partition);
        Assert.Equal(ClusterEntryKind.Replayed, (await b.ConnectAsync($"device-{known}", fingerprint: $"f{known}")).Kind);

        // The keys of the nodes: leases stay in force.
        var epochs = (a.Cluster.Self.Epoch, b.Cluster.Self.Epoch);
        var master = HashTags.SlotOf("nodes") * servers.Servers.Count / HashTags.Slots;
        await MoveAsync("nodes", servers.Servers[master], servers.Servers[(master + 1) % servers.Servers.Count]);
        await RedisTest.UntilAsync(async () => (await a.Cluster.ListNodesAsync(TestContext.Current.CancellationToken)).Count == 2);
        foreach (var node in (TestNode[])[a, b]) await node.RenewAsync();
        Assert.Equal(epochs, (a.Cluster.Self.Epoch, b.Cluster.Self.Epoch));

        async Task MoveAsync(string tag, RedisServer from, RedisServer to)
        {
            var start = new ProcessStartInfo("sh", ["-c", script, "move-slot.sh", "heartbeatgateway", tag, "127.0.0.1", $"{from.Port}", "127.0.0.1", $"{to.Port}"])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, $"{await output}{await errors}");
        }
    }
}
