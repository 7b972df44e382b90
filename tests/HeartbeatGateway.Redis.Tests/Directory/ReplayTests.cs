using HeartbeatGateway.Protocol;
using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Tests.Directory;

public sealed class ReplayTests : RedisTest
{
    private const string Id = "device-1";

    [Fact]
    public async Task A_recorded_hello_is_good_once_on_three_nodes_and_after_restarts()
    {
        var nodes = await Task.WhenAll(StartNodeAsync("a"), StartNodeAsync("b"), StartNodeAsync("c"));
        Assert.Equal(ClusterEntryKind.Entered, (await nodes[0].ConnectAsync(Id, fingerprint: "f")).Kind);
        foreach (var node in nodes) Assert.Equal(ClusterEntryKind.Replayed, (await node.ConnectAsync(Id, fingerprint: "f")).Kind);
        Assert.Equal(1, nodes[1].Metrics.Read("heartbeatgateway.cluster.replays"));
        await nodes[0].Cluster.DisposeAsync();
        Assert.Equal(ClusterEntryKind.Replayed, (await (await StartNodeAsync("a")).ConnectAsync(Id, fingerprint: "f")).Kind);
        var claim = await Database.KeyTimeToLiveAsync(Keys.Claim(RedisKeys.PartitionOf(Id), "f"));
        Assert.InRange(claim!.Value, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task A_recorded_hello_at_three_nodes_without_Redis_leaves_one_connection_when_it_is_back()
    {
        var nodes = await Task.WhenAll(StartNodeAsync("a", TestNode.Quick), StartNodeAsync("b", TestNode.Quick), StartNodeAsync("c", TestNode.Quick));
        await nodes[2].ConnectAsync("other");
        await Redis.KillAsync();
        foreach (var node in nodes) Assert.Equal(ClusterEntryKind.Degraded, (await node.ConnectAsync(Id, fingerprint: "f")).Kind);
        await Redis.StartAgainAsync();
        await UntilAsync(() => nodes.Sum(n => n.Table.Closed.Count) == 2);
        Assert.All(nodes.SelectMany(n => n.Table.Closed), c => Assert.Equal((Id, CloseReason.TokenInvalid, false), c));
        var owner = nodes.Single(n => n.Table.Find(Id) is not null);
        await UntilAsync(async () => (await owner.FindAsync(Id))?.Epoch == owner.Cluster.Self.Epoch);
        Assert.Equal(2, nodes.Sum(n => n.Metrics.Read("heartbeatgateway.cluster.replays")));
        Assert.Equal(3, nodes.Sum(n => n.Metrics.Read("heartbeatgateway.cluster.degraded_hellos")));
        Assert.Equal(ClusterEntryKind.Replayed, (await (await StartNodeAsync("d")).ConnectAsync(Id, fingerprint: "f")).Kind);
    }

    [Fact]
    public async Task A_hello_welcomed_without_the_directory_is_closed_when_another_one_has_claimed_its_token()
    {
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        await a.ConnectAsync(Id, fingerprint: "f");
        b.Welcome(TestNode.Hello(Id, fingerprint: "f"), new ClusterEntry(ClusterEntryKind.Degraded));
        await UntilAsync(() => !b.Table.Closed.IsEmpty);
        Assert.Equal([(Id, CloseReason.TokenInvalid, false)], b.Table.Closed);
        Assert.Empty(a.Table.Closed);
        Assert.Equal(a.Cluster.Self.Epoch, (await a.FindAsync(Id))!.Epoch);
    }

    [Fact]
    public async Task A_connection_finds_its_own_claim_after_its_lease_has_lapsed()
    {
        var a = await StartNodeAsync("a");
        var hello = TestNode.Hello(Id, fingerprint: "f");
        await a.Cluster.EnterAsync(hello);
        await Database.SortedSetRemoveAsync(Keys.Leases, a.Cluster.Self.Epoch);
        await a.RenewAsync();
        a.Welcome(hello, new ClusterEntry(ClusterEntryKind.Degraded));
        await UntilAsync(() => !a.Table.Given.IsEmpty);
        Assert.Empty(a.Table.Closed);
    }
}
