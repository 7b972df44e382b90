using HeartbeatGateway.Protocol;
using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Tests.Directory;

public sealed class EnterTests : RedisTest
{
    [Fact]
    public async Task Enters_finds_and_removes_a_client()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        var entry = await a.ConnectAsync("device-1", "i", 3);
        Assert.Equal(ClusterEntryKind.Entered, entry.Kind);
        Assert.Null(entry.Previous);
        var found = await b.FindAsync("device-1");
        Assert.Equal((a.Cluster.Self.Epoch, entry.Generation, "i", 3L, 0), (found!.Epoch, found.Generation, found.Instance, found.Attempt, found.Reconnects));
        Assert.Equal(["a", "b"], (await b.Cluster.ListNodesAsync(default)).Select(n => n.Name));

        a.Table.Remove("device-1");
        await UntilAsync(async () => await b.FindAsync("device-1") is null);
        Assert.Equal(["connected a", "disconnected a"], await EventsAsync("device-1"));

        var again = await b.ConnectAsync("device-1");
        Assert.True(again.Generation > entry.Generation);
        Assert.Equal((false, a.Cluster.Self.Epoch), (again.Previous!.WasConnected, again.Previous.Epoch));
        Assert.NotNull(again.Previous.LastByteAge);
        Assert.Equal(["connected a", "disconnected a", "reconnected b"], await EventsAsync("device-1"));
        Assert.Equal(1, (await b.FindAsync("device-1"))!.Reconnects);
    }

    [Fact]
    public async Task Generations_rise_with_floors_above_the_clock_and_below()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        var first = await a.ConnectAsync(TestNode.Hello("device-1", floor: 9_000_000_000_000_001));
        Assert.Equal(9_000_000_000_000_001, first.Generation);
        var second = await b.ConnectAsync("device-1");
        Assert.Equal(9_000_000_000_000_002, second.Generation);
        b.Table.Remove("device-1");
        await UntilAsync(async () => await a.FindAsync("device-1") is null);
        // The record of the last connection raises the next generation too.
        Assert.Equal(9_000_000_000_000_003, (await a.ConnectAsync("device-1")).Generation);
    }

    [Fact]
    public async Task Takes_over_across_nodes_with_what_was_not_acknowledged()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        await a.ConnectAsync("device-1", "same", 1);
        a.Table.Unacknowledged["device-1"] = "state";
        var entry = await b.ConnectAsync("device-1", "same", 2);
        Assert.True(entry.Previous!.WasConnected);
        Assert.Equal("state"u8.ToArray(), entry.Kept.Delivery.ToArray());
        Assert.Equal([("device-1", CloseReason.Replaced, true)], a.Table.Closed);
        Assert.Equal(["connected a", "replaced b"], await EventsAsync("device-1"));

        // Another instance: the close is terminal.
        await a.ConnectAsync("device-1", "other");
        Assert.Equal([("device-1", CloseReason.Replaced, false)], b.Table.Closed);
        await UntilAsync(() => a.Directory.Leaver.IsIdle && b.Directory.Leaver.IsIdle);
        Assert.Equal(a.Cluster.Self.Epoch, (await b.FindAsync("device-1"))!.Epoch);
    }

    [Fact]
    public async Task What_the_other_node_answers_too_late_reaches_the_connection_all_the_same()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b", o => o with { EnterTimeout = TimeSpan.FromSeconds(2) }));
        await a.ConnectAsync("device-1");
        a.Table.Unacknowledged["device-1"] = "state";
        var gate = new TaskCompletionSource();
        Network.Gate = gate.Task;
        Assert.True((await b.ConnectAsync("device-1")).Kept.IsEmpty);
        gate.SetResult();
        await UntilAsync(() => !b.Table.Given.IsEmpty);
        Assert.Equal("state", b.Table.Given.Single().Delivery);
        await UntilAsync(async () => !await Database.KeyExistsAsync(Keys.Delivery(RedisKeys.PartitionOf("device-1"), "device-1")));
        Assert.True((await b.ConnectAsync("device-1")).Kept.IsEmpty);
    }

    [Fact]
    public async Task Refuses_an_earlier_attempt_of_the_same_instance()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        await a.ConnectAsync("device-1", "same", 5);
        Assert.Equal(ClusterEntryKind.Abandoned, (await b.ConnectAsync("device-1", "same", 4)).Kind);
        Assert.Equal(ClusterEntryKind.Entered, (await b.ConnectAsync("device-1", "same", 5)).Kind);
    }

    [Fact]
    public async Task Continues_a_session_across_nodes()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        await a.ConnectAsync("device-1");
        var session = a.Table.Find("device-1")!.Session;
        a.Table.Remove("device-1");
        await UntilAsync(async () => await b.FindAsync("device-1") is null);
        var entry = await b.ConnectAsync(TestNode.Hello("device-1", resume: session));
        Assert.Equal(session, entry.Previous!.Session);
        Assert.Equal(session, (await a.FindAsync("device-1"))!.Session);
    }

    [Fact]
    public async Task A_leave_changes_nothing_when_another_node_has_the_entry()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        await a.ConnectAsync("device-1");
        var old = a.Table.Find("device-1")!;
        await b.ConnectAsync("device-1");
        a.Cluster.Leave(new ClusterDeparture(old, "peer_closed") { RememberFor = TimeSpan.FromMinutes(5) });
        await UntilAsync(() => a.Directory.Leaver.IsIdle);
        Assert.Equal(b.Cluster.Self.Epoch, (await a.FindAsync("device-1"))!.Epoch);
        Assert.Equal(0, await Database.SetLengthAsync(Keys.NodeEntries(RedisKeys.PartitionOf("device-1"), a.Cluster.Self.Epoch)));
    }

    [Fact]
    public async Task Holds_messages_within_bounds_until_the_client_connects_anywhere()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        Assert.True(await a.Cluster.HoldAsync("device-1", "one: with a colon"u8.ToArray(), TimeSpan.FromMinutes(1), default));
        Assert.True(await a.Cluster.HoldAsync("device-1", "short"u8.ToArray(), TimeSpan.FromMilliseconds(1), default));
        Assert.True(await b.Cluster.HoldAsync("device-1", "two"u8.ToArray(), TimeSpan.FromMinutes(1), default));
        await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        var entry = await b.ConnectAsync("device-1");
        Assert.Equal(["one: with a colon", "two"], entry.Kept.Held.Select(h => System.Text.Encoding.UTF8.GetString(h.Message.Span)));
        Assert.Empty((await a.ConnectAsync("device-1")).Kept.Held);

        for (var i = 0; i < 100; i++) Assert.True(await a.Cluster.HoldAsync("device-2", "x"u8.ToArray(), TimeSpan.FromMinutes(1), default));
        Assert.False(await a.Cluster.HoldAsync("device-2", "x"u8.ToArray(), TimeSpan.FromMinutes(1), default));
        Assert.False(await a.Cluster.HoldAsync("device-3", new byte[300_000], TimeSpan.FromMinutes(1), default));
    }

    [Fact]
    public async Task An_entry_of_hostile_texts_stays_readable()
    {
        var a = await StartNodeAsync("a \"quoted\" \\ {}");
        var hostile = "i\"},{\"e\":\"\\u0000 é";
        await a.ConnectAsync("device-1", hostile, 1);
        Assert.Equal(hostile, (await a.FindAsync("device-1"))!.Instance);
        var again = await a.ConnectAsync("device-1", hostile, 2);
        Assert.Equal(hostile, again.Previous!.Instance);
        // What is no entry does not stop the batch.
        await Database.HashSetAsync(Keys.Directory(RedisKeys.PartitionOf("device-2")), "device-2", "{nonsense");
        Assert.Equal(ClusterEntryKind.Entered, (await a.ConnectAsync("device-2")).Kind);
    }
}
