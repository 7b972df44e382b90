using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clusters;

/// <summary>Clients that are welcomed while the directory cannot be reached.</summary>
public sealed class DegradedTests
{
    [Fact]
    public async Task A_client_is_welcomed_with_a_generation_of_this_node_and_restored_with_its_claim()
    {
        using var nodes = new ClusterNodes(1);
        nodes.Cluster().IsCut = true;
        var (client, welcome) = await nodes.IdentifiedAsync(0);
        var member = Assert.Single(nodes.Cluster().Restores);
        Assert.Equal((welcome.Generation, welcome.SessionId, true), (member.Generation, member.Session, member.IsUnclaimed));
        Assert.Equal((nodes.Cluster().Hellos[0].TokenFingerprint, TimeSpan.FromMinutes(10)), (member.TokenFingerprint, member.ClaimFor));
        nodes.Cluster().Return();
        nodes.AssertExact();
        var claimed = nodes.Cluster().Clients.Find("pump-17")!;
        Assert.Equal((false, null), (claimed.IsUnclaimed, claimed.TokenFingerprint));
        await client.DisconnectAsync();
        Assert.Empty(nodes.Directory.Entries);
    }

    [Fact]
    public async Task A_takeover_leaves_it_to_the_restore_to_decide_about_a_connection_without_a_claim()
    {
        using var nodes = new ClusterNodes(1);
        nodes.Cluster().IsCut = true;
        var (client, welcome) = await nodes.IdentifiedAsync(0);
        // The directory's clock may be ahead of the one that has drawn this generation.
        Assert.True(nodes.Cluster().Clients.TakeOver("pump-17", welcome.Generation + 1, "instance-b", mayRetry: false).IsEmpty);
        await client.PingAsync();
        Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        nodes.Cluster().Clients.TakeOver("pump-17", welcome.Generation, "instance-b", mayRetry: false);
        Assert.Equal(CloseReason.Replaced, (await client.ClosedWithFrameAsync()).Reason);
    }

    [Fact]
    public async Task Generations_rise_over_a_degraded_phase_whatever_the_clock_says()
    {
        using var nodes = new ClusterNodes(1);
        nodes[0].Time.Step(TimeSpan.FromHours(1));
        nodes.Cluster().IsCut = true;
        var (_, ahead) = await nodes.IdentifiedAsync(0);
        nodes.Cluster().Return();
        var (_, after) = await nodes.IdentifiedAsync(0, EngineHarness.Hello(attempt: 2));
        Assert.Equal(ahead.Generation + 1, after.Generation);
        nodes.AssertExact();
    }

    [Fact]
    public async Task A_replaced_connection_of_a_degraded_node_leaves_no_entry()
    {
        using var nodes = new ClusterNodes(1);
        await nodes.IdentifiedAsync(0);
        nodes.Cluster().IsCut = true;
        var (second, _) = await nodes.IdentifiedAsync(0, EngineHarness.Hello(attempt: 2));
        nodes.Cluster().Return();
        nodes.AssertExact();
        await second.DisconnectAsync();
        Assert.Empty(nodes.Directory.Entries);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_client_that_moved_between_degraded_nodes_stays_where_it_came_last(int hoursAhead)
    {
        using var nodes = new ClusterNodes(2);
        // A date that is set back takes the timers of the fake clock with it, so the other one is set forward.
        nodes[hoursAhead < 0 ? 0 : 1].Time.Step(TimeSpan.FromHours(Math.Abs(hoursAhead)));
        (nodes.Cluster(0).IsCut, nodes.Cluster(1).IsCut) = (true, true);
        var (old, _) = await nodes.IdentifiedAsync(0, EngineHarness.Hello(instance: null));
        nodes.Advance(TimeSpan.FromSeconds(3));
        var (fresh, welcome) = await nodes.IdentifiedAsync(1, EngineHarness.Hello(instance: null));
        foreach (var node in hoursAhead < 0 ? (int[])[1, 0] : [0, 1]) nodes.Cluster(node).Return();
        var close = await old.ClosedWithFrameAsync();
        Assert.Equal((CloseReason.Replaced, true), (close.Reason, close.Retry));
        await fresh.PingAsync();
        Assert.Equal("ping", (await fresh.ReadFrameAsync()).Type);
        Assert.Equal(welcome.Generation, nodes[1].Engine.FindClient("pump-17")!.Generation);
        nodes.AssertExact();
    }

    [Fact]
    public async Task A_hello_that_was_welcomed_degraded_and_is_claimed_by_another_is_closed_as_replayed()
    {
        using var nodes = new ClusterNodes(3);
        var client = nodes[0].Connect();
        var frame = client.Signer.Encode(FrameKinds.Hello, EngineHarness.Hello().ToJson(), client.UnixSeconds).ToArray();
        await client.SendAsync(frame);
        await client.ReadWelcomeAsync();
        nodes.Cluster(1).IsCut = true;
        var replayer = nodes[1].Connect();
        await replayer.SendAsync(frame);
        await replayer.ReadWelcomeAsync();
        nodes.Cluster(1).Return();
        await replayer.ClosedWithoutFrameAsync();
        Assert.Equal((1, 1), (nodes[1].Metrics.Read("heartbeatgateway.token_failures", ("cause", "replayed")), nodes[1].Closed("token_invalid")));
        Assert.Single(nodes[1].Logs.GetSnapshot(), l => l.Id.Name == "TokenRefused");
        await client.PingAsync();
        Assert.Equal("ping", (await client.ReadFrameAsync()).Type);

        var third = nodes[2].Connect();
        await third.SendAsync(frame);
        await third.ClosedWithoutFrameAsync();
        nodes.AssertExact();
    }

    [Fact]
    public async Task A_connection_that_ends_before_it_is_welcomed_degraded_leaves_nothing()
    {
        using var nodes = new ClusterNodes(1);
        (nodes.Cluster().IsCut, nodes.Cluster().Holds) = (true, true);
        var client = await nodes.SendHelloAsync(0);
        Assert.True(nodes[0].Engine.Close(nodes[0].Engine.Table.All().Single().Id, CloseReason.Kicked));
        nodes.Cluster().Release();
        await client.DisconnectAsync();
        Assert.Empty(nodes.Cluster().Restores);
        Assert.Empty(nodes.Cluster().Departures);
        nodes.Cluster().Return();
        nodes.AssertExact();
    }

    [Fact]
    public async Task What_is_restored_to_a_client_that_has_left_is_not_taken()
    {
        using var nodes = new ClusterNodes(1);
        var (client, welcome) = await nodes.IdentifiedAsync(0);
        Assert.True(nodes.Cluster().Clients.Restored("pump-17", welcome.Generation, ClusterKept.None));
        Assert.False(nodes.Cluster().Clients.Restored("pump-17", welcome.Generation + 1, ClusterKept.None));
        await client.DisconnectAsync();
        Assert.False(nodes.Cluster().Clients.Restored("pump-17", welcome.Generation, ClusterKept.None));
    }
}
