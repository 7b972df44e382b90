using HeartbeatGateway.Redis.Directory;
using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Tests.Directory;

/// <summary>Orders of departures, restores and lapses in which an entry could stay, or a client could end twice.</summary>
public sealed class EndingTests : RedisTest
{
    private const string Id = "device-1";
    private static readonly int Partition = RedisKeys.PartitionOf(Id);

    [Fact]
    public async Task A_restore_that_comes_after_the_departure_does_not_enter_the_client_again()
    {
        var a = await StartNodeAsync("a");
        await a.ConnectAsync(Id);
        var member = a.Table.Find(Id)!;
        a.Table.Remove(Id);
        await UntilAsync(() => a.Directory.Leaver.IsIdle);
        Assert.Equal(0, await RestoreAsync(a, member));
        Assert.Null(await a.FindAsync(Id));
        Assert.Equal(["connected a", "disconnected a"], await EventsAsync(Id));
    }

    [Fact]
    public async Task A_client_of_a_lost_node_that_is_not_lost_is_entered_again_with_its_generation()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        var generation = (await a.ConnectAsync(Id)).Generation;
        await Database.SortedSetAddAsync(Keys.Leases, a.Cluster.Self.Epoch, 1);
        await b.RenewAsync(mayReap: true);
        await a.RenewAsync();
        await UntilAsync(async () => await b.FindAsync(Id) is not null);
        Assert.Equal(generation, (await b.FindAsync(Id))!.Generation);
        a.Table.Remove(Id);
        await UntilAsync(async () => await b.FindAsync(Id) is null);
        // Two endings of one generation, with a start between them.
        Assert.Equal(["connected a", "node_lost a", "reconnected a", "disconnected a"], await EventsAsync(Id));
    }

    [Fact]
    public async Task A_client_leaves_whose_entry_names_an_epoch_before_the_former_one()
    {
        var a = await StartNodeAsync("a");
        await a.ConnectAsync(Id);
        a.Directory.Node.Change("second");
        a.Directory.Node.Change("third");
        a.Table.Remove(Id);
        await UntilAsync(async () => await a.FindAsync(Id) is null);
        Assert.Equal(["connected a", "disconnected a"], await EventsAsync(Id));
    }

    [Fact]
    public async Task The_only_node_removes_what_is_left_of_its_former_epoch()
    {
        var a = await StartNodeAsync("a");
        var former = a.Cluster.Self.Epoch;
        await a.Cluster.EnterAsync(TestNode.Hello("orphan"));
        await a.ConnectAsync(Id);
        await Database.SortedSetAddAsync(Keys.Leases, former, 1);
        await a.RenewAsync();
        await UntilAsync(async () => (await a.FindAsync(Id))!.Epoch == a.Cluster.Self.Epoch && a.Directory.Restorer.IsIdle);
        await a.Directory.Reaper.SweepAsync();
        Assert.Null(await a.FindAsync("orphan"));
        for (var p = 0; p < RedisKeys.Partitions; p++) Assert.Equal(0, await Database.SetLengthAsync(Keys.NodeEntries(p, former)));
        Assert.Equal(["connected a"], await EventsAsync(Id));
    }

    [Fact]
    public async Task A_hello_that_Redis_runs_after_its_connection_was_restored_changes_nothing()
    {
        var a = await StartNodeAsync("a");
        var hello = TestNode.Hello(Id, fingerprint: "f");
        var member = a.Welcome(hello, new ClusterEntry(ClusterEntryKind.Degraded))!;
        await UntilAsync(async () => await a.FindAsync(Id) is not null);
        Assert.Equal(ClusterEntryKind.Degraded, (await a.Cluster.EnterAsync(hello)).Kind);
        Assert.Equal(member.Generation, (await a.FindAsync(Id))!.Generation);
        Assert.Equal(["connected a"], await EventsAsync(Id));
    }

    [Fact]
    public async Task The_generation_of_a_welcome_replaces_that_of_a_late_entry()
    {
        var a = await StartNodeAsync("a");
        var hello = TestNode.Hello(Id);
        await a.Cluster.EnterAsync(hello);
        var member = new ClusterMember(Id, 10, hello.ConnectionId) { Session = hello.NewSession };
        a.Table.Add(member);
        await RestoreAsync(a, member);
        Assert.Equal(10, (await a.FindAsync(Id))!.Generation);
        Assert.Equal(["connected a", "replaced a"], await EventsAsync(Id));
    }

    [Fact]
    public async Task A_departure_leaves_another_connection_with_the_same_generation()
    {
        var a = await StartNodeAsync("a");
        var generation = (await a.ConnectAsync(Id)).Generation;
        a.Cluster.Leave(new ClusterDeparture(new ClusterMember(Id, generation, "other") { Session = "s" }, "replaced"));
        await UntilAsync(() => a.Directory.Leaver.IsIdle);
        Assert.NotNull(await a.FindAsync(Id));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_generation_that_the_directory_never_had_raises_the_floor(bool isConnected)
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        var generation = (await a.ConnectAsync(Id)).Generation + 3_600_000;
        if (!isConnected) a.Table.Remove(Id);
        await UntilAsync(() => a.Directory.Leaver.IsIdle);
        b.Cluster.Leave(LeaveBatch.OfUnknown(new ClusterMember(Id, generation, "other") { Session = "s" }));
        await UntilAsync(() => b.Directory.Leaver.IsIdle);
        if (!isConnected) Assert.NotNull(await Database.KeyTimeToLiveAsync(Keys.Ended(Partition, Id)));
        a.Table.Remove(Id);
        await UntilAsync(async () => await a.FindAsync(Id) is null);
        Assert.True((await b.ConnectAsync(Id)).Generation > generation);
    }

    [Fact]
    public async Task The_record_of_a_late_entry_has_the_generation_of_the_welcome()
    {
        var a = await StartNodeAsync("a");
        var hello = TestNode.Hello(Id);
        var generation = (await a.Cluster.EnterAsync(hello)).Generation + 3_600_000;
        a.Cluster.Leave(LeaveBatch.OfUnknown(new ClusterMember(Id, generation, hello.ConnectionId) { Session = hello.NewSession }));
        await UntilAsync(async () => await a.FindAsync(Id) is null);
        Assert.True((await a.ConnectAsync(Id)).Generation > generation);
    }

    [Fact]
    public async Task An_entry_whose_answer_was_lost_does_not_stay_when_its_client_has_left()
    {
        var a = await StartNodeAsync("a", o => o with { CallTimeout = TimeSpan.FromSeconds(2) });
        a.Directory.Calls.Run = async run =>
        {
            await run();
            throw new TimeoutException("The answer is lost.");
        };
        Assert.Equal(ClusterEntryKind.Degraded, (await a.Cluster.EnterAsync(TestNode.Hello(Id))).Kind);
        a.Directory.Calls.Run = run => run();
        Assert.NotNull(await a.FindAsync(Id));
        await UntilAsync(async () => await a.FindAsync(Id) is null);
        Assert.Equal(["connected a", "disconnected a"], await EventsAsync(Id));
    }

    private static Task<int> RestoreAsync(TestNode node, ClusterMember member) =>
        node.Directory.Restorer.RestoreAsync(Partition, [new TimedMember(member, TimeProvider.System.GetTimestamp())]);
}
