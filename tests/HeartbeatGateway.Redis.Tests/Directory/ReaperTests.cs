using HeartbeatGateway.Redis.Tests.Support;

namespace HeartbeatGateway.Redis.Tests.Directory;

public sealed class ReaperTests : RedisTest
{
    [Fact]
    public async Task What_a_lost_reaper_left_is_removed_by_a_sweep_with_one_event_for_each_client()
    {
        const int Count = 2_000;
        var (a, b, c) = (await StartNodeAsync("a"), await StartNodeAsync("b"), await StartNodeAsync("c"));
        await Task.WhenAll(Enumerable.Range(0, Count).Select(i => a.ConnectAsync($"device-{i}")));
        Assert.Equal(Count, await CountAsync());
        var epoch = a.Cluster.Self.Epoch;

        // b removes the lease, and is lost after a few steps.
        await Database.SortedSetRemoveAsync(Keys.Leases, epoch);
        for (var p = 0; p < 4; p++) await b.Directory.Reaper.ReapStepAsync(p, epoch);
        Assert.InRange(await CountAsync(), 1, Count - 1);
        await b.ConnectAsync("device-3");

        // Two sweeps at once.
        await Task.WhenAll(b.Directory.Reaper.SweepAsync(), c.Directory.Reaper.SweepAsync());
        Assert.Equal(1, await CountAsync());
        var lost = 0;
        for (var p = 0; p < RedisKeys.Partitions; p++)
        {
            var events = (await Database.StreamRangeAsync(Keys.Events(p))).Where(e => e["change"] == "node_lost").Select(e => (string)e["id"]!).ToList();
            Assert.Equal(events.Count, events.Distinct().Count());
            lost += events.Count;
            Assert.DoesNotContain(epoch, (await Database.SetMembersAsync(Keys.Epochs(p))).Select(e => (string)e!));
        }

        // device-3 was either lost first or taken over.
        Assert.InRange(lost, Count - 1, Count);
        Assert.Equal(b.Cluster.Self.Epoch, (await c.FindAsync("device-3"))!.Epoch);
        var back = await b.ConnectAsync("device-5");
        Assert.Equal((false, null, epoch), (back.Previous!.WasConnected, back.Previous.LastByteAge, back.Previous.Epoch));
    }

    [Fact]
    public async Task Many_clients_leave_during_sweeps_and_each_has_one_ending()
    {
        const int Count = 20_000;
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        foreach (var part in Enumerable.Range(0, Count).Chunk(2_000)) await Task.WhenAll(part.Select(i => a.ConnectAsync($"device-{i}")));
        var own = a.Table.Count;
        await Database.SortedSetRemoveAsync(Keys.Leases, a.Cluster.Self.Epoch);
        var sweep = b.Directory.Reaper.SweepAsync();
        for (var i = 0; i < Count; i++) a.Table.Remove($"device-{i}");
        await sweep;
        await UntilAsync(async () => a.Directory.Leaver.IsIdle && await CountAsync() == 0, 120);
        Assert.Equal(Count, own);
        for (var p = 0; p < RedisKeys.Partitions; p++)
        {
            var events = await Database.StreamRangeAsync(Keys.Events(p));
            var endings = events.Where(e => e["change"] == "node_lost" || e["change"] == "disconnected").Select(e => (string)e["id"]!).ToList();
            Assert.Equal(endings.Count, endings.Distinct().Count());
            Assert.Equal(endings.Count, events.Count(e => e["change"] == "connected"));
        }
    }

    [Fact]
    public async Task The_comparison_removes_entries_without_a_client_and_enters_clients_without_an_entry()
    {
        var a = await StartNodeAsync("a");
        await a.Cluster.EnterAsync(TestNode.Hello("orphan"));
        await a.ConnectAsync("missing");
        await a.ConnectAsync("right");
        var partition = RedisKeys.PartitionOf("missing");
        await Database.HashDeleteAsync(Keys.Directory(partition), "missing");
        Assert.Equal(1, await a.Directory.Reconciler.RunAsync(TimeSpan.Zero));
        Assert.Equal(1, a.Metrics.Read("heartbeatgateway.cluster.drift"));
        Assert.NotNull(await a.FindAsync("missing"));
        Assert.NotNull(await a.FindAsync("orphan"));
        // An entry is removed when it is found for the second time.
        Assert.Equal(1, await a.Directory.Reconciler.RunAsync(TimeSpan.Zero));
        Assert.Null(await a.FindAsync("orphan"));
        Assert.Equal(0, await a.Directory.Reconciler.RunAsync(TimeSpan.Zero));
        Assert.Equal(0, a.Metrics.Read("heartbeatgateway.cluster.drift"));
        Assert.Equal(2, await CountAsync());
    }
}
