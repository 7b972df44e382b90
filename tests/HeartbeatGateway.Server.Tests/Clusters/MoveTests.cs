using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Server.Tests.Delivery;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clusters;

/// <summary>A client moves from node to node.</summary>
public sealed class MoveTests
{
    [Theory]
    [InlineData("instance-a", true)]
    [InlineData("instance-b", false)]
    public async Task A_connected_client_is_taken_over_from_another_node(string instance, bool mayRetry)
    {
        using var nodes = new ClusterNodes(2);
        var (old, before) = await nodes.IdentifiedAsync(0);
        nodes.Advance(TimeSpan.FromSeconds(1));
        var (_, after) = await nodes.IdentifiedAsync(1, EngineHarness.Hello(instance: instance, attempt: 2, resume: before.SessionId));
        var close = await old.ClosedWithFrameAsync();
        Assert.Equal((CloseReason.Replaced, mayRetry), (close.Reason, close.Retry));
        Assert.Equal((true, true, before.SessionId), (after.Reconnected, after.Resumed, after.SessionId));
        Assert.True(after.Generation > before.Generation);
        Assert.Null(nodes[0].Engine.FindClient("pump-17"));
        nodes.AssertExact();
        // It is counted once, on the node where it is.
        Assert.Equal((0, 1), (nodes[0].Reconnects(), nodes[1].Reconnects()));
        Assert.Single(nodes[0].Logs.GetSnapshot(), l => l.Id.Name == "ClientMovedAway");
        var line = Assert.Single(nodes[1].Logs.GetSnapshot(), l => l.Id.Name is "ClientMovedHere" or "ClientReconnected" or "ClientReconnectedAfterRestart");
        Assert.Equal(("ClientMovedHere", "node-0-1"), (line.Id.Name, line.GetStructuredStateValue("Epoch")));
        Assert.Equal(PresenceChange.Replaced, Assert.Single(await nodes[1].EventsAsync()).Change);
        Assert.Equal([PresenceChange.Connected, PresenceChange.Disconnected], (await nodes[0].EventsAsync()).Select(e => e.Change));
        Assert.Equal(1, nodes[1].Engine.ViewConnections().Single().Reconnects);
    }

    [Fact]
    public async Task A_client_that_left_another_node_reconnects_with_its_gap_and_its_count()
    {
        using var nodes = new ClusterNodes(2);
        var (client, welcome) = await nodes.IdentifiedAsync(0);
        for (var move = 1; move <= 4; move++)
        {
            await client.DisconnectAsync();
            nodes.Advance(TimeSpan.FromSeconds(3));
            (client, var next) = await nodes.IdentifiedAsync(move % 2, EngineHarness.Hello(attempt: move + 1, resume: welcome.SessionId));
            Assert.Equal((true, true, welcome.SessionId), (next.Reconnected, next.Resumed, next.SessionId));
            Assert.Equal(move, nodes[move % 2].Engine.ViewConnections().Single().Reconnects);
            Assert.Equal(PresenceChange.Reconnected, (await nodes[move % 2].EventsAsync())[^1].Change);
        }

        Assert.Equal((2, 2), (nodes[0].Reconnects(), nodes[1].Reconnects()));
        Assert.All(nodes[0].Metrics.Recorded("heartbeatgateway.reconnect_gap"), gap => Assert.Equal(3, gap, 3));
        Assert.All(nodes[1].Metrics.Recorded("heartbeatgateway.reconnect_gap"), gap => Assert.Equal(3, gap, 3));
        nodes.AssertExact();
    }

    [Fact]
    public async Task A_client_with_another_session_is_recognised_and_not_resumed()
    {
        using var nodes = new ClusterNodes(2);
        var (client, before) = await nodes.IdentifiedAsync(0);
        await client.DisconnectAsync();
        var (_, after) = await nodes.IdentifiedAsync(1);
        Assert.Equal((true, false), (after.Reconnected, after.Resumed));
        Assert.NotEqual(before.SessionId, after.SessionId);
        nodes.AssertExact();
    }

    [Fact]
    public async Task What_another_node_knows_is_newer_than_what_this_one_remembers()
    {
        using var nodes = new ClusterNodes(2);
        var (client, first) = await nodes.IdentifiedAsync(0);
        await client.DisconnectAsync();
        nodes.Advance(TimeSpan.FromSeconds(30));
        var (there, second) = await nodes.IdentifiedAsync(1);
        nodes.Advance(TimeSpan.FromSeconds(10));
        await there.DisconnectAsync();
        nodes.Advance(TimeSpan.FromSeconds(2));
        var (_, third) = await nodes.IdentifiedAsync(0, EngineHarness.Hello(resume: second.SessionId));
        Assert.Equal((true, second.SessionId), (third.Resumed, third.SessionId));
        Assert.NotEqual(first.SessionId, third.SessionId);
        Assert.Equal(12, Assert.Single(nodes[0].Metrics.Recorded("heartbeatgateway.reconnect_gap")), 3);
        Assert.Equal(2, nodes[0].Engine.ViewConnections().Single().Reconnects);
        nodes.AssertExact();
    }

    [Fact]
    public async Task A_session_that_only_this_node_knows_is_resumed_and_told_to_the_directory()
    {
        using var nodes = new ClusterNodes(1);
        var (client, before) = await nodes.IdentifiedAsync(0);
        await client.DisconnectAsync();
        nodes.Directory.Ended.Clear();
        var (_, after) = await nodes.IdentifiedAsync(0, EngineHarness.Hello(resume: before.SessionId));
        Assert.Equal((true, before.SessionId), (after.Resumed, after.SessionId));
        Assert.Equal(before.SessionId, Assert.Single(nodes.Cluster().Restores).Session);
        nodes.AssertExact();
    }

    [Fact]
    public async Task A_ping_that_is_in_flight_during_the_takeover_is_lost_with_the_connection_alone()
    {
        using var nodes = new ClusterNodes(2);
        var bystander = await nodes[0].ConnectedAsync();
        var (old, _) = await nodes.IdentifiedAsync(0);
        var ping = old.Ping;
        await old.SendAsync(ping.AsMemory(0, 100));
        var (fresh, _) = await nodes.IdentifiedAsync(1, EngineHarness.Hello(attempt: 2));
        await old.SendAsync(ping.AsMemory(100));
        Assert.Equal(CloseReason.Replaced, (await old.ClosedWithFrameAsync()).Reason);
        await fresh.PingAsync();
        Assert.Equal("ping", (await fresh.ReadFrameAsync()).Type);
        await bystander.PingAsync();
        Assert.Equal("ping", (await bystander.ReadFrameAsync()).Type);
        nodes.AssertExact();
        nodes[0].AssertBalanced();
    }

    [Theory]
    [InlineData("instance-a", true)]
    [InlineData("instance-b", false)]
    public async Task A_hello_that_waits_while_another_node_takes_over_is_replaced(string instance, bool mayRetry)
    {
        using var nodes = new ClusterNodes(2);
        nodes.Cluster(0).Holds = true;
        var old = await nodes.SendHelloAsync(0);
        var (_, welcome) = await nodes.IdentifiedAsync(1, EngineHarness.Hello(instance: instance, attempt: 2));
        nodes.Cluster(0).Release();
        var close = await old.ClosedWithFrameAsync();
        Assert.Equal((CloseReason.Replaced, mayRetry), (close.Reason, close.Retry));
        Assert.Equal(0L, nodes[0].Engine.LastPresenceEvent);
        Assert.Equal(welcome.Generation, nodes.Directory.Entries["pump-17"].Member.Generation);
        nodes.AssertExact();
    }

    [Fact]
    public async Task What_a_hello_was_given_that_was_taken_over_meanwhile_goes_on_to_the_other_node()
    {
        using var nodes = new ClusterNodes(2);
        var held = """{"v":1,"message":{"id":"ab-1","number":0,"type":"b3JkZXI=","content":"eA==","leftMs":60000}}"""u8.ToArray();
        nodes.Directory.Held["pump-17"] = [new ClusterHeldMessage(held, TimeSpan.FromMinutes(1))];
        nodes.Cluster(0).Holds = true;
        var old = await nodes.SendHelloAsync(0);
        await nodes.IdentifiedAsync(1, EngineHarness.Hello(attempt: 2));
        nodes.Cluster(0).Release();
        await old.ClosedWithFrameAsync();
        Assert.Contains("\"ab-1\"", System.Text.Encoding.UTF8.GetString(Assert.Single(nodes.Cluster(0).Departures).Delivery.Span));
        Assert.Equal(0, nodes[0].Engine.Outboxes.Messages);
    }

    [Fact]
    public async Task A_takeover_after_both_nodes_were_without_the_directory_lets_its_client_connect_again()
    {
        using var nodes = new ClusterNodes(1);
        var (client, welcome) = await nodes.IdentifiedAsync(0);
        nodes.Cluster().Clients.TakeOver("pump-17", welcome.Generation, "another-instance", mayRetry: true);
        Assert.True((await client.ClosedWithFrameAsync()).Retry);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hello_that_waits_while_a_restore_decides_may_be_sent_again(bool mayRetry)
    {
        using var nodes = new ClusterNodes(1);
        nodes.Cluster().Holds = true;
        var client = await nodes.SendHelloAsync(0);
        nodes.Cluster().Clients.TakeOver("pump-17", long.MaxValue, "another-instance", mayRetry);
        nodes.Cluster().Release();
        Assert.Equal(mayRetry, (await client.ClosedWithFrameAsync()).Retry);
    }

    [Fact]
    public async Task A_takeover_closes_no_newer_connection()
    {
        using var nodes = new ClusterNodes(1);
        var (client, welcome) = await nodes.IdentifiedAsync(0);
        var clients = nodes.Cluster().Clients;
        Assert.True(clients.TakeOver("pump-17", welcome.Generation - 1, "instance-a", mayRetry: false).IsEmpty);
        Assert.False(clients.Close("pump-17", welcome.Generation - 1, CloseReason.Replaced, retry: true));
        Assert.True(clients.TakeOver("pump-18", welcome.Generation, "instance-a", mayRetry: false).IsEmpty);
        await client.PingAsync();
        Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        Assert.True(clients.Close("pump-17", welcome.Generation, CloseReason.Kicked, retry: false));
        Assert.False(clients.Close("pump-17", welcome.Generation, CloseReason.Kicked, retry: false));
        var close = await client.ClosedWithFrameAsync();
        Assert.Equal((CloseReason.Kicked, false), (close.Reason, close.Retry));
        Assert.Null(clients.Find("pump-17"));
    }

    [Fact]
    public async Task A_takeover_closes_a_confirmed_and_a_reserved_connection_of_the_client()
    {
        using var nodes = new ClusterNodes(2);
        var confirmed = await AckClient.ConfirmedAsync(nodes[0]);
        var reserved = await AckClient.WelcomedAsync(nodes[0], AckClient.Hello(attempt: 2));
        var (_, welcome) = await nodes.IdentifiedAsync(1, AckClient.Hello(attempt: 3));
        Assert.Equal(CloseReason.Replaced, (await confirmed.ClosedAsync()).Reason);
        Assert.Equal(CloseReason.Replaced, (await reserved.ClosedAsync()).Reason);
        Assert.Equal(welcome.Generation, Assert.Single(nodes.Directory.Entries).Value.Member.Generation);
        nodes.AssertExact();
    }

    [Fact]
    public async Task A_client_that_was_anonymous_here_is_counted_once()
    {
        using var nodes = new ClusterNodes(2);
        var (client, _) = await nodes.IdentifiedAsync(0);
        await client.DisconnectAsync();
        await (await nodes[1].ConnectedAsync()).DisconnectAsync();
        var again = await nodes[1].ConnectedAsync();
        Assert.Equal(1, nodes[1].Reconnects("address"));
        await again.HelloAsync(EngineHarness.Hello(attempt: 2));
        Assert.True((await again.ReadWelcomeAsync()).Reconnected);
        Assert.Equal((1, 0), (nodes[1].Reconnects("address"), nodes[1].Reconnects()));
    }
}
