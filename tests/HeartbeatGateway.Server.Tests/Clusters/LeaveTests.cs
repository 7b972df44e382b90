using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Server.Tests.Delivery;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clusters;

/// <summary>The directory is told once of each connection that has left.</summary>
public sealed class LeaveTests
{
    [Fact]
    public async Task A_departure_says_what_left_why_and_how_long_it_is_remembered()
    {
        using var nodes = new ClusterNodes(1, o => o.Messages.MaxTtl = TimeSpan.FromHours(5));
        var (client, welcome) = await nodes.IdentifiedAsync(0);
        nodes.Advance(TimeSpan.FromSeconds(20));
        await client.PingAsync();
        nodes.Advance(TimeSpan.FromSeconds(4));
        Assert.True(nodes[0].Engine.CloseClient("pump-17", CloseReason.Kicked));
        var departure = Assert.Single(nodes.Cluster().Departures);
        Assert.Equal(("pump-17", welcome.Generation, welcome.SessionId, "1"), (departure.Member.ClientId, departure.Member.Generation, departure.Member.Session, departure.Member.ConnectionId));
        Assert.Equal(("kicked", null), (departure.Reason, departure.Cause));
        Assert.Equal((TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(24)), (departure.LastByteAge, departure.Member.ConnectedFor));
        Assert.Equal((TimeSpan.FromMinutes(2), TimeSpan.FromHours(5)), (departure.RememberFor, departure.KeepDeliveryFor));
        client.TakeFrames();
        await client.DisconnectAsync();
        Assert.Single(nodes.Cluster().Departures);
        nodes.AssertExact();
    }

    [Fact]
    public async Task A_timeout_has_its_cause()
    {
        using var nodes = new ClusterNodes(1, o => o.Heartbeat.ReaderIdle = TimeSpan.FromSeconds(7));
        await nodes.IdentifiedAsync(0);
        nodes.Advance(TimeSpan.FromSeconds(8));
        var departure = Assert.Single(nodes.Cluster().Departures);
        Assert.Equal(("reader_idle", "client_silent"), (departure.Reason, departure.Cause));
    }

    [Fact]
    public async Task Anonymous_clients_and_refused_ones_are_not_told()
    {
        using var nodes = new ClusterNodes(1);
        var anonymous = await nodes[0].ConnectedAsync();
        await anonymous.DisconnectAsync();
        var client = nodes[0].Connect();
        await client.SendAsync(client.Frame("hello", """{"clientId":""}"""));
        await client.DisconnectAsync();
        Assert.Empty(nodes.Cluster().Hellos);
        Assert.Empty(nodes.Cluster().Departures);
    }

    [Fact]
    public async Task A_local_takeover_leaves_the_entry_of_the_newer_connection()
    {
        using var nodes = new ClusterNodes(1);
        var (old, before) = await nodes.IdentifiedAsync(0);
        var (_, after) = await nodes.IdentifiedAsync(0, EngineHarness.Hello(attempt: 2));
        await old.ClosedWithFrameAsync();
        Assert.Equal(before.Generation, Assert.Single(nodes.Cluster().Departures).Member.Generation);
        Assert.Equal(after.Generation, nodes.Directory.Entries["pump-17"].Member.Generation);
        Assert.Empty(nodes.Cluster().Restores);
        nodes.AssertExact();
    }

    [Fact]
    public async Task A_connection_that_is_never_confirmed_is_entered_and_left()
    {
        using var nodes = new ClusterNodes(1);
        var client = await AckClient.WelcomedAsync(nodes[0]);
        nodes.AssertExact();
        Assert.Null(nodes[0].Engine.FindClient("pump-17"));
        Assert.Equal(client.Welcome.Generation, nodes.Cluster().Clients.Find("pump-17")!.Generation);
        await client.CutAsync();
        Assert.Single(nodes.Cluster().Departures);
        Assert.Empty(nodes.Directory.Entries);
    }

    [Fact]
    public async Task When_an_unconfirmed_connection_leaves_the_older_one_is_restored()
    {
        using var nodes = new ClusterNodes(1);
        var older = await AckClient.ConfirmedAsync(nodes[0]);
        var newer = await AckClient.WelcomedAsync(nodes[0], AckClient.Hello(attempt: 2));
        nodes.AssertExact();
        await newer.CutAsync();
        Assert.Equal(older.Welcome.Generation, Assert.Single(nodes.Cluster().Restores).Generation);
        Assert.Equal(older.Welcome.Generation, nodes.Directory.Entries["pump-17"].Member.Generation);
        nodes.AssertExact();
        await older.CutAsync();
        Assert.Equal(2, nodes.Cluster().Departures.Count);
        Assert.Empty(nodes.Directory.Entries);
    }

    [Fact]
    public async Task When_it_is_confirmed_the_older_one_leaves()
    {
        using var nodes = new ClusterNodes(1);
        var older = await AckClient.ConfirmedAsync(nodes[0]);
        var newer = await AckClient.WelcomedAsync(nodes[0], AckClient.Hello(attempt: 2));
        await newer.AckAsync(0);
        await older.ClosedAsync();
        Assert.Equal(older.Welcome.Generation, Assert.Single(nodes.Cluster().Departures).Member.Generation);
        Assert.Equal(newer.Welcome.Generation, nodes.Directory.Entries["pump-17"].Member.Generation);
        Assert.Empty(nodes.Cluster().Restores);
        nodes.AssertExact();
    }

    [Fact]
    public async Task A_stop_leaves_for_all_clients_also_for_one_that_waits()
    {
        using var nodes = new ClusterNodes(1);
        var clients = new List<InMemoryClient>();
        for (var i = 0; i < 5; i++) clients.Add((await nodes.IdentifiedAsync(0, EngineHarness.Hello($"pump-{i}"))).Client);
        nodes.Cluster().Holds = true;
        clients.Add(await nodes.SendHelloAsync(0, EngineHarness.Hello("pump-5")));
        var stopped = nodes[0].Engine.StopAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        nodes.Cluster().Release();
        foreach (var client in clients) await client.DisconnectAsync();
        await stopped;
        Assert.Equal(6, nodes.Cluster().Departures.Count);
        Assert.All(nodes.Cluster().Departures, d => Assert.Equal("shutdown", d.Reason));
        Assert.Empty(nodes.Directory.Entries);
    }
}
