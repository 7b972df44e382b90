using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Tests.Directory;

public sealed class OutageTests(ITestOutputHelper output) : RedisTest
{
    [Fact]
    public async Task All_clients_are_back_after_Redis_was_restarted_empty()
    {
        const int Count = 20_000;
        var a = await StartNodeAsync("a", o => TestNode.Quick(o) with { EnterTimeout = TimeSpan.FromSeconds(10) });
        foreach (var part in Enumerable.Range(0, Count).Chunk(2_000)) await Task.WhenAll(part.Select(i => a.ConnectAsync($"device-{i}")));
        Assert.Equal(Count, a.Table.Count);
        await Redis.KillAsync();
        await UntilAsync(() => a.Cluster.IsDegraded);
        await Redis.StartAgainAsync();
        var started = TimeProvider.System.GetTimestamp();
        await UntilAsync(async () => await CountAsync() == Count, 120);
        output.WriteLine($"{Count} clients were back {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s after Redis answered.");
        await UntilAsync(() => a.Logs.GetSnapshot().Any(l => l.Id.Id == 305 && l.Message.StartsWith($"{Count}", StringComparison.Ordinal)), 120);
        output.WriteLine(a.Logs.GetSnapshot().Last(l => l.Id.Id == 305).Message);
        Assert.Empty(a.Table.Closed);
        Assert.Equal(ClusterEntryKind.Entered, (await a.ConnectAsync("another")).Kind);
    }

    [Fact]
    public async Task A_partition_that_is_lost_alone_is_restored()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        for (var i = 0; i < 200; i++) await a.ConnectAsync($"device-{i}");
        var partition = RedisKeys.PartitionOf("device-7");
        string[] lost = [Keys.Directory(partition), Keys.Boot(partition), Keys.Epochs(partition), Keys.NodeEntries(partition, a.Cluster.Self.Epoch)];
        foreach (var key in lost) await Database.KeyDeleteAsync(key);
        await b.RenewAsync();
        await a.RenewAsync();
        await UntilAsync(async () => await CountAsync() == 200);
        Assert.Equal(0, a.Metrics.Read("heartbeatgateway.cluster.lease_lapses"));
        Assert.Contains(a.Logs.GetSnapshot(), l => l.Id.Id == 304);
    }

    [Fact]
    public async Task Calls_fail_in_time_while_Redis_does_not_answer_and_nothing_is_queued_without_bound()
    {
        var a = await StartNodeAsync("a", TestNode.Quick);
        await a.ConnectAsync("device-0");
        Redis.Stop();
        var started = TimeProvider.System.GetTimestamp();
        var hellos = Enumerable.Range(0, 500).Select(i => a.ConnectAsync($"device-{i}", fingerprint: $"f{i}")).ToArray();
        var find = a.Cluster.FindAsync("device-0", default).AsTask();
        Assert.All(await Task.WhenAll(hellos), e => Assert.Equal(ClusterEntryKind.Degraded, e.Kind));
        await Assert.ThrowsAsync<ClusterUnavailableException>(() => find);
        await Assert.ThrowsAsync<ClusterUnavailableException>(() => a.Cluster.HoldAsync("x", new byte[1], TimeSpan.FromMinutes(1), default).AsTask());
        output.WriteLine($"500 hellos, a search and a message failed in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.00} s altogether.");
        for (var i = 0; i < 100_000; i++) a.Cluster.Leave(new ClusterDeparture(new ClusterMember($"gone-{i}", 1, "0") { Session = "" }, "peer_closed"));
        Assert.InRange(a.Directory.Leaver.Waiting, 0, RedisKeys.Partitions * 4096);
        Redis.Continue();
        await UntilAsync(async () => !a.Cluster.IsDegraded && await CountAsync() == 500, 60);
        await UntilAsync(() => a.Table.Given.Select(g => g.Id).Distinct().Count() == 500, 60);
        Assert.Empty(a.Table.Closed);
        foreach (var member in a.Table.Members().Take(20)) Assert.Equal(member.Generation, (await a.FindAsync(member.ClientId))!.Generation);
    }

    [Fact]
    public async Task A_late_answer_is_corrected_for_a_client_that_stayed_and_removed_for_one_that_has_gone()
    {
        var a = Make("a", o => o with { EnterTimeout = TimeSpan.FromMilliseconds(50) });
        await a.StartAsync();
        await a.Cluster.HoldAsync("gone", "message"u8.ToArray(), TimeSpan.FromMinutes(1), default);
        Redis.Stop();
        var (stays, goes) = (TestNode.Hello("stays", fingerprint: "s"), TestNode.Hello("gone"));
        var entries = await Task.WhenAll(a.Cluster.EnterAsync(stays).AsTask(), a.Cluster.EnterAsync(goes).AsTask());
        Redis.Continue();
        Assert.All(entries, e => Assert.Equal(ClusterEntryKind.Degraded, e.Kind));
        var member = a.Welcome(stays, entries[0])!;
        await UntilAsync(async () => (await a.FindAsync("stays"))?.Generation == member.Generation && await a.FindAsync("gone") is null);
        Assert.Empty(a.Table.Closed);
        // What was kept is there for the next connection.
        await UntilAsync(async () => await Database.ListLengthAsync(Keys.Held(RedisKeys.PartitionOf("gone"), "gone")) == 1);
        Assert.Equal("message"u8.ToArray(), Assert.Single((await (await StartNodeAsync("b")).ConnectAsync("gone")).Kept.Held).Message.ToArray());
    }

    [Fact]
    public async Task A_gateway_that_starts_without_Redis_enters_its_clients_when_it_is_there()
    {
        await Redis.KillAsync();
        var a = await Make("a", TestNode.Quick).StartAsync(isRedisUp: false);
        Assert.Equal(ClusterEntryKind.Degraded, (await a.ConnectAsync("device-1", fingerprint: "f")).Kind);
        await Assert.ThrowsAsync<ClusterUnavailableException>(() => a.Cluster.ListNodesAsync(default).AsTask());
        await Redis.StartAgainAsync();
        await UntilAsync(async () => !a.Cluster.IsDegraded && await a.FindAsync("device-1") is not null);
        await UntilAsync(() => !a.Table.Given.IsEmpty);
    }

    [Fact]
    public async Task Scripts_are_loaded_again_after_a_flush()
    {
        var a = await StartNodeAsync("a");
        await a.ConnectAsync("device-1");
        await Redis.CallAsync("script", "flush");
        Assert.Equal(ClusterEntryKind.Entered, (await a.ConnectAsync("device-1")).Kind);
    }
}
