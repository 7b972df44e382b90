using HeartbeatGateway.Bans;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Tests.Bans;

/// <summary>Bans that all nodes of a cluster share.</summary>
public sealed class ClusterBanStoreTests
{
    private readonly FakeClusterBans _cluster = new();

    [Fact]
    public async Task A_ban_made_on_one_node_is_in_force_on_the_others_and_lifted_there_too()
    {
        using var one = new EngineHarness();
        using var two = new EngineHarness();
        using var here = Store(one);
        using var there = Store(two);
        var watch = new ClusterBanWatch(there, _cluster);
        await watch.StartAsync(CancellationToken.None);
        var (client, _) = await two.IdentifiedAsync();
        var (refusal, effect) = await here.TryAddAsync(Make("pump-17") with { Comment = "for test" });
        Assert.Equal((BanRefusal.None, 0), (refusal, effect!.Closed));
        Assert.Equal(CloseReason.Banned, (await client.ReadCloseAsync()).Reason);
        Assert.Equal("for test", two.Engine.Bans.List().Single().Comment);
        Assert.Equal("pump-17", (await there.RemoveAsync(two.Engine.Bans.List().Single().Id))?.Value);
        await here.LookAsync();
        Assert.Empty(one.Engine.Bans.List());
        await watch.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Bans_are_read_at_the_start()
    {
        using var one = new EngineHarness();
        using var here = Store(one);
        await here.TryAddAsync(Make("pump-1"));
        using var late = new EngineHarness();
        using var there = Store(late);
        var watch = new ClusterBanWatch(there, _cluster);
        await watch.StartAsync(CancellationToken.None);
        Assert.Single(late.Engine.Bans.List());
        await watch.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task While_the_cluster_is_away_the_last_known_bans_stay_and_changes_fail()
    {
        using var gateway = new EngineHarness();
        var log = new FakeLogger<ClusterBanStore>();
        using var store = Store(gateway, log);
        await store.TryAddAsync(Make("pump-1"));
        _cluster.IsAway = true;
        for (var i = 0; i < 3; i++) await store.LookAsync();
        await Assert.ThrowsAsync<ClusterUnavailableException>(() => store.TryAddAsync(Make("pump-2")));
        await Assert.ThrowsAsync<ClusterUnavailableException>(() => store.RemoveAsync(gateway.Engine.Bans.List().Single().Id));
        Assert.Equal("pump-1", gateway.Engine.Bans.List().Single().Value);
        _cluster.IsAway = false;
        await store.LookAsync();
        Assert.Equal(["ClusterBansNotRead", "ClusterBansUsable"], log.Collector.GetSnapshot().Select(l => l.Id.Name));
    }

    [Fact]
    public async Task A_start_without_the_cluster_says_that_none_of_its_bans_is_in_force_until_they_are_read()
    {
        using var other = new EngineHarness();
        using var elsewhere = Store(other);
        await elsewhere.TryAddAsync(Make("pump-1"));
        _cluster.IsAway = true;
        using var gateway = new EngineHarness();
        var log = new FakeLogger<ClusterBanStore>();
        using var store = Store(gateway, log);
        for (var i = 0; i < 3; i++) await store.LookAsync();
        Assert.StartsWith(
            "No bans of the cluster are in force: away. Clients that they ban are admitted", Assert.Single(log.Collector.GetSnapshot()).Message, StringComparison.Ordinal);
        _cluster.IsAway = false;
        await store.LookAsync();
        Assert.Single(gateway.Engine.Bans.List());
        _cluster.IsAway = true;
        await store.LookAsync();
        Assert.Equal(["ClusterBansNotInForce", "ClusterBansRead", "ClusterBansUsable", "ClusterBansNotRead"], log.Collector.GetSnapshot().Select(l => l.Id.Name));
    }

    [Fact]
    public async Task A_cluster_that_has_lost_the_bans_gets_them_back()
    {
        using var gateway = new EngineHarness();
        using var store = Store(gateway);
        await store.TryAddAsync(Make("pump-1"));
        _cluster.Content = null;
        await store.LookAsync();
        Assert.Single(gateway.Engine.Bans.List());
        Assert.Equal("pump-1", BanFileFormat.Read(_cluster.Content!, default).Single().Value);
    }

    [Fact]
    public async Task Changes_of_two_nodes_at_the_same_time_are_both_kept()
    {
        using var one = new EngineHarness();
        using var two = new EngineHarness();
        using var here = Store(one);
        using var there = Store(two);
        // Between the reading of one and its writing.
        _cluster.BeforeWrite = async () => await there.TryAddAsync(Make("pump-2"));
        await here.TryAddAsync(Make("pump-1"));
        await there.LookAsync();
        foreach (var gateway in new[] { one, two }) Assert.Equal(["pump-1", "pump-2"], gateway.Engine.Bans.List().Select(b => b.Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Automatic_bans_reach_the_other_nodes()
    {
        using var one = new EngineHarness(o => o.Admission.AutomaticBans = new AutomaticBanOptions { Mode = AutomaticBanMode.Enforce, MaxConnects = 1 });
        using var here = Store(one);
        await one.IdentifiedAsync();
        await one.Connect().HelloAsync(EngineHarness.Hello());
        await here.LookAsync();
        Assert.True(BanFileFormat.Read(_cluster.Content!, default).Single().IsAutomatic);
        var content = _cluster.Content;
        await here.LookAsync();
        Assert.Same(content, _cluster.Content);
    }

    [Fact]
    public async Task Bans_that_cannot_be_used_change_nothing_and_are_reported_once()
    {
        using var gateway = new EngineHarness();
        var log = new FakeLogger<ClusterBanStore>();
        using var store = Store(gateway, log);
        await store.TryAddAsync(Make("pump-1"));
        _cluster.Content = "{"u8.ToArray();
        for (var i = 0; i < 3; i++) await store.LookAsync();
        Assert.Single(gateway.Engine.Bans.List());
        Assert.Contains("line 1", Assert.Single(log.Collector.GetSnapshot(), l => l.Id.Name == "ClusterBansNotRead").Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<BanFileException>(() => store.TryAddAsync(Make("pump-2")));
    }

    private ClusterBanStore Store(EngineHarness gateway, FakeLogger<ClusterBanStore>? log = null) =>
        new(gateway.Engine, _cluster, gateway.Time, log ?? new FakeLogger<ClusterBanStore>());

    private static Ban Make(string clientId) => Ban.TryCreate(BanKind.Client, clientId, out var ban, out var error) ? ban : throw new ArgumentException(error, nameof(clientId));
}
