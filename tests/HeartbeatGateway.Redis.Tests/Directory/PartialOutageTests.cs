using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Tests.Directory;

/// <summary>Calls of one partition fail, as when its master is away; and what the directory does about bad entries and steps of Redis' clock.</summary>
public sealed class PartialOutageTests : RedisTest
{
    private const string Id = "device-1";

    [Fact]
    public async Task A_partition_that_fails_does_not_stop_the_restore_the_comparison_and_the_reaping_of_the_others()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        for (var i = 0; i < 200; i++) await (i < 100 ? a : b).ConnectAsync($"device-{i}");
        // Each call for the first partition is refused: its keys have another type.
        string[] broken = [Keys.Directory(0), Keys.NodeEntries(0, a.Cluster.Self.Epoch), Keys.NodeEntries(0, b.Cluster.Self.Epoch), Keys.Epochs(0), Keys.Boot(0)];
        foreach (var key in broken)
        {
            await Database.KeyDeleteAsync(key);
            await Database.ListLeftPushAsync(key, "x");
        }

        for (var p = 1; p < RedisKeys.Partitions; p++) await Database.KeyDeleteAsync([Keys.Directory(p), Keys.Boot(p), Keys.Epochs(p)]);
        await a.RenewAsync();
        await UntilAsync(async () => await EntriesAsync() == a.Table.Members().Count(m => RedisKeys.PartitionOf(m.ClientId) > 0));
        Assert.Equal(1, a.Metrics.Read("heartbeatgateway.cluster.degraded"));
        await b.Directory.Reconciler.RunAsync(TimeSpan.Zero);
        await UntilAsync(async () => await EntriesAsync() == Enumerable.Range(0, 200).Count(i => RedisKeys.PartitionOf($"device-{i}") > 0));
        await Database.SortedSetAddAsync(Keys.Leases, a.Cluster.Self.Epoch, 1);
        await b.RenewAsync(mayReap: true);
        Assert.Equal(b.Table.Members().Count(m => RedisKeys.PartitionOf(m.ClientId) > 0), await EntriesAsync());
    }

    [Theory]
    [InlineData("\"f\":\"x\"")]
    [InlineData("\"a\":\"x\"")]
    [InlineData("\"r\":null")]
    [InlineData("\"i\":7")]
    public async Task A_field_that_cannot_be_read_does_not_stop_a_batch(string field)
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        var key = Keys.Directory(RedisKeys.PartitionOf(Id));
        await a.ConnectAsync(Id, "same", 1);
        await SpoilAsync();
        await a.Directory.Restorer.RestoreAllAsync(TimeSpan.Zero);
        Assert.NotNull(await a.FindAsync(Id));
        await SpoilAsync();
        Assert.Equal(ClusterEntryKind.Entered, (await b.ConnectAsync(Id, "same", 2)).Kind);

        async Task SpoilAsync()
        {
            var raw = ((string)(await Database.HashGetAsync(key, Id))!).TrimEnd('}');
            await Database.HashSetAsync(key, Id, $"{raw},{field}}}");
        }
    }

    [Fact]
    public async Task A_lease_in_the_future_ends_and_an_ended_one_is_not_counted()
    {
        var a = await StartNodeAsync("a");
        await Database.SortedSetAddAsync(Keys.Leases, "future", 99999999999999);
        await Database.SortedSetAddAsync(Keys.Leases, "ended", 0);
        await a.RenewAsync();
        Assert.Equal(2, a.Metrics.Read("heartbeatgateway.cluster.nodes"));
        await a.RenewAsync(mayReap: true);
        var lease = TimeSpan.FromMinutes(30);
        var end = DateTimeOffset.FromUnixTimeMilliseconds((long)(await Database.SortedSetScoreAsync(Keys.Leases, "future"))!.Value);
        Assert.InRange(end - TimeProvider.System.GetUtcNow(), TimeSpan.Zero, lease + TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_node_whose_lease_had_lapsed_removes_no_lease_of_others_for_as_long_as_a_lease()
    {
        var a = await StartNodeAsync("a", o => o with { Lease = TimeSpan.FromSeconds(1) });
        await UntilAsync(() => a.Directory.Lease.MayReap);
        await Database.SortedSetAddAsync(Keys.Leases, a.Cluster.Self.Epoch, 1);
        await UntilAsync(() => a.Metrics.Read("heartbeatgateway.cluster.lease_lapses") >= 1 && !a.Directory.Lease.MayReap);
    }

    private async Task<long> EntriesAsync()
    {
        long count = 0;
        for (var p = 1; p < RedisKeys.Partitions; p++) count += await Database.HashLengthAsync(Keys.Directory(p));
        return count;
    }
}
