using HeartbeatGateway.Protocol;
using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server.Clusters;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Tests.Directory;

public sealed class LeaseTests : RedisTest
{
    [Fact]
    public async Task A_lapsed_lease_gives_a_new_epoch_to_which_all_entries_move_without_an_event()
    {
        var a = await StartNodeAsync("a");
        for (var i = 0; i < 300; i++) await a.ConnectAsync($"device-{i}");
        var former = a.Cluster.Self.Epoch;
        await Database.SortedSetAddAsync(Keys.Leases, former, 1);
        await a.RenewAsync();
        Assert.NotEqual(former, a.Cluster.Self.Epoch);
        foreach (var id in (string[])["device-0", "device-299"]) await UntilAsync(async () => (await a.FindAsync(id))!.Epoch == a.Cluster.Self.Epoch);
        await UntilAsync(() => !a.Directory.Restorer.IsWanted && a.Logs.GetSnapshot().Any(l => l.Id.Id == 305));
        await a.Directory.Reaper.SweepAsync();
        Assert.Equal(["connected a"], await EventsAsync("device-7"));
        Assert.Equal(300, await CountAsync());
        Assert.Equal(1, a.Metrics.Read("heartbeatgateway.cluster.lease_lapses"));
    }

    [Fact]
    public async Task After_a_lapse_questions_under_the_former_epoch_are_answered_until_all_entries_have_moved()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        await a.ConnectAsync("device-1");
        a.Cluster.Answer("echo", (body, _) => ValueTask.FromResult(body));
        var former = a.Cluster.Self.Epoch;
        await Database.SortedSetAddAsync(Keys.Leases, former, 1);
        // A renewal of which the restore has not begun.
        await a.Directory.Keeper.RenewAsync(mayReap: false);
        Assert.Equal(former, (await b.FindAsync("device-1"))!.Epoch);
        Assert.Equal(NodeAnswerKind.Answered, await AskAsync(former));
        await a.RenewAsync();
        await UntilAsync(() => a.Directory.Restorer.IsIdle);
        await a.RenewAsync();
        Assert.Equal(a.Cluster.Self.Epoch, (await b.FindAsync("device-1"))!.Epoch);
        Assert.Equal(NodeAnswerKind.Unreachable, await AskAsync(former));
        Assert.Equal(NodeAnswerKind.Answered, await AskAsync(a.Cluster.Self.Epoch));

        async Task<NodeAnswerKind> AskAsync(string epoch) => (await b.Cluster.AskAsync(epoch, "echo", default, CancellationToken.None)).Kind;
    }

    [Fact]
    public async Task A_client_that_leaves_right_after_the_lapse_is_removed()
    {
        var a = await StartNodeAsync("a");
        await a.ConnectAsync("device-1");
        await Database.SortedSetRemoveAsync(Keys.Leases, a.Cluster.Self.Epoch);
        a.Directory.Node.Change("new");
        a.Table.Remove("device-1");
        await UntilAsync(async () => await a.FindAsync("device-1") is null);
        Assert.Equal(["connected a", "disconnected a"], await EventsAsync("device-1"));
    }

    [Fact]
    public async Task A_node_that_was_stopped_longer_than_its_lease_closes_clients_that_have_moved()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        await a.ConnectAsync("moved");
        await a.ConnectAsync("stayed");
        await Database.SortedSetAddAsync(Keys.Leases, a.Cluster.Self.Epoch, 1);
        await b.RenewAsync(mayReap: true);
        Assert.Null(await b.FindAsync("stayed"));
        Assert.True((await b.ConnectAsync("moved")).Previous is { WasConnected: false, LastByteAge: null });
        Assert.Empty(a.Table.Closed);

        await a.RenewAsync();
        await UntilAsync(() => !a.Table.Closed.IsEmpty);
        Assert.Equal([("moved", CloseReason.Replaced, true)], a.Table.Closed);
        await UntilAsync(async () => (await b.FindAsync("stayed"))?.Epoch == a.Cluster.Self.Epoch);
        Assert.Equal(b.Cluster.Self.Epoch, (await a.FindAsync("moved"))!.Epoch);
        Assert.Equal(["connected a", "node_lost a", "reconnected a"], await EventsAsync("stayed"));
        Assert.Equal(["connected a", "node_lost a", "reconnected b"], await EventsAsync("moved"));
    }

    [Fact]
    public async Task A_node_takes_no_lease_of_others_before_they_could_renew_theirs()
    {
        var a = await StartNodeAsync("a");
        await Database.SortedSetAddAsync(Keys.Leases, "lapsed", 1);
        await a.RenewAsync(mayReap: false);
        Assert.NotNull(await Database.SortedSetScoreAsync(Keys.Leases, "lapsed"));
        await a.RenewAsync(mayReap: true);
        Assert.Null(await Database.SortedSetScoreAsync(Keys.Leases, "lapsed"));
    }

    [Fact]
    public async Task A_node_that_ends_in_order_leaves_no_lease_and_no_entry()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        for (var i = 0; i < 500; i++) await a.ConnectAsync($"device-{i}");
        for (var i = 0; i < 500; i++) a.Table.Remove($"device-{i}", "draining");
        await a.DisposeAsync();
        Assert.Equal(0, await CountAsync());
        Assert.Equal(["b"], (await b.Cluster.ListNodesAsync(default)).Select(n => n.Name));
    }
}
