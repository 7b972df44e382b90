using System.Net;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Tests.Api;

namespace HeartbeatGateway.Tests.Cluster;

/// <summary>The present clients of all nodes, and where to follow the events of all from.</summary>
public sealed class ClusterPresenceTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task The_clients_of_all_nodes_are_present_each_with_its_node()
    {
        var (b, c) = (new FakeNode("node-b", 2), new FakeNode("node-c", 1));
        await using var api = await ClusterApi.StartAsync(new FakeCluster(b, c));
        await api.ConnectAsync("pump-1");
        var presence = (await api.GetAsync("presence")).Json;
        var clients = presence.GetProperty("clients");
        Assert.Equal(["pump-1", b.IdOf(1), b.IdOf(2), c.IdOf(1)], clients.Texts("clientId"));
        Assert.Equal(["self", "node-b", "node-b", "node-c"], clients.Texts("node"));
        Assert.All(clients.EnumerateArray(), client => Assert.True(client.GetProperty("generation").GetInt64() > 0));
        Assert.Empty(presence.GetProperty("incomplete").EnumerateArray());
    }

    [Fact]
    public async Task The_events_of_all_nodes_follow_after_the_presence()
    {
        var cluster = new FakeCluster();
        await using var api = await ClusterApi.StartAsync(cluster);
        await cluster.Followed.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        await api.ConnectAsync("pump-1");
        var presence = (await api.GetAsync("presence")).Json;
        cluster.Happened(new ClusterEvent("3:1-0", "connected", "pump-2", 42, "epoch-of-node-b", "node-b", "7", At));
        await using var reader = await EventReader.OpenAsync(api, presence.GetProperty("lastEventId").GetString());
        var next = (await reader.NextAsync()).Data;
        Assert.Equal("pump-2", next.GetProperty("clientId").GetString());

        // Status and list count the events of the same stream, and not those of the node.
        var watermark = next.GetProperty("sequence").GetInt64();
        Assert.Equal(presence.GetProperty("watermark").GetInt64() + 1, watermark);
        Assert.Equal(watermark, (await api.GetAsync("clients")).Json.GetProperty("watermark").GetInt64());
        Assert.Equal(watermark, (await api.GetAsync("status")).Json.GetProperty("watermark").GetInt64());
    }

    [Fact]
    public async Task A_large_node_is_asked_for_a_page_at_a_time()
    {
        var b = new FakeNode("node-b", 2_500);
        await using var api = await ClusterApi.StartAsync(new FakeCluster(b));
        var clients = (await api.GetAsync("presence")).Json.GetProperty("clients");
        Assert.Equal(Enumerable.Range(1, 2_500).Select(b.IdOf), clients.Texts("clientId"));
        Assert.Equal(1_000, b.LargestAnswer);
        Assert.Equal(3, b.Questions.Count(q => q.Verb == "list_presence"));
    }

    [Fact]
    public async Task Nodes_that_do_not_answer_are_named_and_the_others_are_complete()
    {
        var cluster = new FakeCluster(new FakeNode("node-b", 2, FakeNodeMood.Unknown), new FakeNode("node-c", 1), new FakeNode("node-d", 1, FakeNodeMood.Nonsense));
        await using var api = await ClusterApi.StartAsync(cluster);
        var presence = (await api.GetAsync("presence")).Json;
        Assert.Equal(["node-c-00001"], presence.GetProperty("clients").Texts("clientId"));
        Assert.Equal(["node-b", "node-d"], presence.GetProperty("incomplete").Texts());

        cluster.IsDegraded = true;
        presence = (await api.GetAsync("presence")).Json;
        Assert.Equal(["*", "node-b", "node-d"], presence.GetProperty("incomplete").Texts());
    }

    [Fact]
    public async Task One_node_can_be_chosen()
    {
        await using var api = await ClusterApi.StartAsync(new FakeCluster(new FakeNode("node-b", 2), new FakeNode("node-c", 1)));
        await api.ConnectAsync("pump-1");
        Assert.Equal(["node-c-00001"], (await api.GetAsync("presence?node=node-c")).Json.GetProperty("clients").Texts("clientId"));
        Assert.Equal(["pump-1"], (await api.GetAsync("presence?node=epoch-of-self")).Json.GetProperty("clients").Texts("clientId"));
        (await api.GetAsync("presence?node=node-x")).AssertProblem(HttpStatusCode.NotFound, "node_not_found");
        (await api.GetAsync("presence?nodes=node-b")).AssertProblem(HttpStatusCode.BadRequest, "unknown_parameter");
    }

    [Fact]
    public async Task A_name_that_two_nodes_have_lists_both_and_names_no_connection()
    {
        var twin = new FakeNode("self", 1, epoch: "epoch-of-twin");
        await using var api = await ClusterApi.StartAsync(new FakeCluster(twin));
        await api.ConnectAsync("pump-1");
        Assert.Equal(2, (await api.GetAsync("clients?node=self")).Json.GetProperty("clients").GetArrayLength());
        (await api.GetAsync("connections/1?node=self")).AssertProblem(HttpStatusCode.BadRequest, "invalid_parameter");
        Assert.DoesNotContain(twin.Questions, q => q.Verb == "show_client");
    }

    [Fact]
    public async Task Another_node_gets_the_clients_with_an_identity_that_are_connected_here()
    {
        var cluster = new FakeCluster();
        await using var api = await ClusterApi.StartAsync(cluster);
        await api.ConnectAsync("pump-1");
        var page = await cluster.AskSelfAsync("list_presence", "{}");
        Assert.Equal(["pump-1"], page.GetProperty("clients").Texts("clientId"));
        Assert.Equal(["self"], page.GetProperty("clients").Texts("node"));
        Assert.False(page.TryGetProperty("next", out _));
    }

    [Fact]
    public async Task Snapshots_name_the_node_whose_figures_they_are()
    {
        await using var api = await ClusterApi.StartAsync(new FakeCluster());
        await using var reader = await EventReader.OpenAsync(api, path: "snapshots");
        Assert.Equal("history", (await reader.NextAsync()).Name);
        Assert.Equal("self", (await reader.NextAsync()).Data.GetProperty("node").GetString());
    }
}
