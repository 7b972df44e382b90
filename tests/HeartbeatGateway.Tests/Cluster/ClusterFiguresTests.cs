using HeartbeatGateway.Tests.Api;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Cluster;

/// <summary>The nodes, and the figures of the cluster as a whole.</summary>
public sealed class ClusterFiguresTests
{
    [Fact]
    public async Task The_nodes_are_listed_with_figures_and_with_whether_they_answer()
    {
        await using var api = await ClusterApi.StartAsync(new FakeCluster(new FakeNode("node-b", 20), new FakeNode("node-c", 5, FakeNodeMood.Unknown)));
        await api.ConnectAsync("pump-1");
        var listing = (await api.GetAsync("nodes")).Json;
        var nodes = listing.GetProperty("nodes");
        Assert.Equal(["node-b", "node-c", "self"], nodes.Texts("name"));
        Assert.Equal("""{"name":"node-b","epoch":"epoch-of-node-b","startedAt":"2026-01-01T00:00:00+00:00","version":"1.2.3","isSelf":false,"isAnswering":true,"connectedClients":20,"openConnections":21,"isDraining":false}""", nodes[0].GetRawText());
        Assert.Equal("""{"name":"node-c","epoch":"epoch-of-node-c","startedAt":"2026-01-01T00:00:00+00:00","version":"1.2.3","isSelf":false,"isAnswering":false,"connectedClients":null,"openConnections":null,"isDraining":null}""", nodes[1].GetRawText());
        Assert.True(nodes[2].GetProperty("isSelf").GetBoolean());
        Assert.Equal(1, nodes[2].GetProperty("connectedClients").GetInt32());
        Assert.False(listing.GetProperty("isDegraded").GetBoolean());
    }

    [Fact]
    public async Task The_status_has_the_sum_of_the_nodes_and_says_what_is_missing()
    {
        var cluster = new FakeCluster(new FakeNode("node-b", 20), new FakeNode("node-c", 5, FakeNodeMood.Failing));
        await using var api = await ClusterApi.StartAsync(cluster);
        await api.ConnectAsync("pump-1");
        var status = (await api.GetAsync("status")).Json;
        Assert.Equal(1, status.GetProperty("connectedClients").GetInt32());
        Assert.Equal("""{"node":"self","nodes":3,"connectedClients":21,"isDegraded":false,"incomplete":["node-c"]}""", status.GetProperty("cluster").GetRawText());
        cluster.IsDegraded = true;
        Assert.Equal("""{"node":"self","nodes":3,"connectedClients":21,"isDegraded":true,"incomplete":["node-c","*"]}""", (await api.GetAsync("status")).Json.GetProperty("cluster").GetRawText());
    }

    [Fact]
    public async Task Without_a_cluster_the_gateway_is_the_only_node_and_its_status_is_as_before()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Redis:NodeName=alone");
        var listing = (await api.GetAsync("nodes")).Json;
        Assert.Equal(["alone"], listing.GetProperty("nodes").Texts("name"));
        Assert.False(listing.GetProperty("isDegraded").GetBoolean());
        Assert.False((await api.GetAsync("status")).Json.TryGetProperty("cluster", out _));
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_is_logged_with_its_place_and_not_with_its_content()
    {
        using var logs = new LogText();
        await using var api = await ClusterApi.StartAsync(new FakeCluster(new FakeNode("node-c", 5, FakeNodeMood.Nonsense)), logs, "--Serilog:MinimumLevel:Default=Information");
        Assert.Equal(["node-c"], (await api.GetAsync("clients")).Json.GetProperty("incomplete").Texts());
        await logs.SawAsync("NodeAnswerUnreadable", "node-c", "list_clients");
    }
}
