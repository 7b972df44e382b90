using System.Net;

namespace HeartbeatGateway.Tests.Cluster;

/// <summary>Calls about a client or to all clients, of which another node may have some.</summary>
public sealed class ClusterCallTests
{
    [Fact]
    public async Task A_client_of_another_node_is_shown_as_that_node_shows_it()
    {
        await using var api = await ClusterApi.StartAsync(new FakeCluster(new FakeNode("node-b", 1)));
        await api.ConnectAsync("pump-1");
        Assert.Equal("node-b", (await api.GetAsync("clients/node-b-00001")).Json.GetProperty("connection").GetProperty("node").GetString());
        Assert.Equal("self", (await api.GetAsync("clients/pump-1")).Json.GetProperty("connection").GetProperty("node").GetString());
        (await api.GetAsync("clients/pump-9")).AssertProblem(HttpStatusCode.NotFound, "client_gone");
    }

    [Theory]
    [InlineData(FakeNodeMood.Unreachable, HttpStatusCode.ServiceUnavailable, "node_unreachable")]
    [InlineData(FakeNodeMood.Unknown, HttpStatusCode.GatewayTimeout, "node_unknown")]
    [InlineData(FakeNodeMood.Failing, HttpStatusCode.BadGateway, "node_failed")]
    public async Task A_node_that_does_not_answer_about_its_client_is_named(FakeNodeMood mood, HttpStatusCode status, string code)
    {
        await using var api = await ClusterApi.StartAsync(new FakeCluster(new FakeNode("node-b", 1, mood)));
        foreach (var answer in new[] { await api.GetAsync("clients/node-b-00001"), await api.SendAsync("DELETE", "clients/node-b-00001"), await api.GetAsync("connections/1?node=node-b") })
        {
            answer.AssertProblem(status, code);
            Assert.Contains("node-b", answer.Detail, StringComparison.Ordinal);
        }

        var audited = (await api.GetAsync("audit", Api.ApiFixture.AdminKey)).Json.GetProperty("entries")[0];
        Assert.Equal("disconnect node-b-00001", $"{audited.GetProperty("action")} {audited.GetProperty("target")}");
        Assert.Equal(mood switch { FakeNodeMood.Unreachable => "node_unreachable", FakeNodeMood.Unknown => "unknown", _ => "node_failed" }, audited.GetProperty("result").GetString());
    }

    [Fact]
    public async Task While_the_directory_is_away_only_clients_of_this_node_are_found()
    {
        await using var api = await ClusterApi.StartAsync(new FakeCluster(new FakeNode("node-b", 1)) { IsDegraded = true });
        await api.ConnectAsync("pump-1");
        (await api.GetAsync("clients/node-b-00001")).AssertProblem(HttpStatusCode.ServiceUnavailable, "cluster_unavailable");
        (await api.SendAsync("DELETE", "clients/node-b-00001")).AssertProblem(HttpStatusCode.ServiceUnavailable, "cluster_unavailable");
        Assert.Equal(HttpStatusCode.OK, (await api.SendAsync("DELETE", "clients/pump-1")).Status);
        Assert.Equal(HttpStatusCode.OK, await api.Host.StatusAsync("/readyz"));
        Assert.Equal(HttpStatusCode.OK, await api.Host.StatusAsync("/livez"));
    }

    [Fact]
    public async Task The_number_of_a_connection_is_that_of_a_node()
    {
        await using var api = await ClusterApi.StartAsync(new FakeCluster(new FakeNode("node-b", 1)));
        await api.ConnectAsync("pump-1");
        var own = (await api.GetAsync("clients/pump-1")).Json.GetProperty("connection").GetProperty("connectionId").GetString();
        Assert.Equal("self", (await api.GetAsync($"connections/{own}")).Json.GetProperty("connection").GetProperty("node").GetString());
        Assert.Equal("self", (await api.GetAsync($"connections/{own}?node=self")).Json.GetProperty("connection").GetProperty("node").GetString());
        Assert.Equal("node-b", (await api.GetAsync($"connections/{own}?node=node-b")).Json.GetProperty("connection").GetProperty("node").GetString());
        (await api.GetAsync($"connections/{own}?nodes=node-b")).AssertProblem(HttpStatusCode.BadRequest, "unknown_parameter");
    }

    [Fact]
    public async Task A_client_is_closed_on_whatever_node_as_the_caller_says()
    {
        var cluster = new FakeCluster(new FakeNode("node-b", 1));
        await using var api = await ClusterApi.StartAsync(cluster);
        var answer = await api.SendAsync("DELETE", "clients/node-b-00001?reason=banned&afterMs=5000");
        Assert.Equal((HttpStatusCode.OK, "closed", "node-b"), (answer.Status, answer.Json.GetProperty("result").GetString(), answer.Json.GetProperty("node").GetString()));
        var asked = Assert.Single(cluster.Nodes[0].Questions).Body;
        Assert.Equal(("banned", 5000), (asked.GetProperty("reason").GetString(), asked.GetProperty("afterMs").GetInt32()));
        (await api.SendAsync("DELETE", "clients/node-b-gone")).AssertProblem(HttpStatusCode.NotFound, "client_gone");
    }

    [Fact]
    public async Task Ids_are_closed_on_their_nodes_with_a_result_for_each()
    {
        var cluster = new FakeCluster(new FakeNode("node-b", 1), new FakeNode("node-c", 1, FakeNodeMood.Unknown));
        await using var api = await ClusterApi.StartAsync(cluster);
        await api.ConnectAsync("pump-1");
        var answer = await api.SendAsync("POST", "disconnect", body: """{"ids":["node-b-1","pump-1","pump-9","node-c-1","node-b-2"]}""");
        Assert.Equal(["closed", "closed", "gone", "unknown", "closed"], answer.Json.GetProperty("results").Texts("result"));
        Assert.Equal((3, 3), (answer.Json.GetProperty("matched").GetInt32(), answer.Json.GetProperty("closed").GetInt32()));
        Assert.Single(cluster.Nodes[0].Questions);
        Assert.Equal("3 of 5 closed as kicked", (await api.GetAsync("audit", Api.ApiFixture.AdminKey)).Json.GetProperty("entries")[0].GetProperty("result").GetString());
    }

    [Fact]
    public async Task A_filter_closes_on_all_nodes_or_on_one_and_names_those_that_did_not_answer()
    {
        var cluster = new FakeCluster(new FakeNode("node-b", 2), new FakeNode("node-c", 2, FakeNodeMood.Unreachable));
        await using var api = await ClusterApi.StartAsync(cluster);
        await api.ConnectAsync("pump-1");
        var all = (await api.SendAsync("POST", "disconnect", body: """{"filter":{"state":"connected"},"dryRun":true}""")).Json;
        Assert.Equal((3, 0), (all.GetProperty("matched").GetInt32(), all.GetProperty("closed").GetInt32()));
        Assert.Equal(["node-c"], all.GetProperty("incomplete").Texts());
        var one = (await api.SendAsync("POST", "disconnect", body: """{"filter":{"state":"connected"},"node":"node-b"}""")).Json;
        Assert.Equal((2, 2), (one.GetProperty("matched").GetInt32(), one.GetProperty("closed").GetInt32()));
        var before = cluster.Nodes[0].Questions.Count;
        (await api.SendAsync("POST", "disconnect", body: """{"filter":{},"node":"node-b"}""")).AssertProblem(HttpStatusCode.BadRequest, "empty_filter");
        Assert.Equal(before, cluster.Nodes[0].Questions.Count);
        // Numbers of connections are those of the node that gets the request, unless it names another one.
        Assert.Equal(["gone"], (await api.SendAsync("POST", "disconnect", body: """{"connectionIds":["4294967295"]}""")).Json.GetProperty("results").Texts("result"));
        Assert.Equal(before, cluster.Nodes[0].Questions.Count);
    }

    [Fact]
    public async Task A_broadcast_reaches_all_nodes_once_and_adds_up_what_they_queued()
    {
        var cluster = new FakeCluster(new FakeNode("node-b", 30), new FakeNode("node-c", 5, FakeNodeMood.Unknown));
        await using var api = await ClusterApi.StartAsync(cluster);
        using var client = await api.ConnectAsync("pump-1");
        for (var i = 0; i < 2; i++)
        {
            var answer = await api.SendAsync("POST", "broadcast", Api.ApiFixture.SendKey, """{"type":"news","base64":"aGVsbG8="}""", ("Idempotency-Key", "b-1"));
            Assert.Equal(31, answer.Json.GetProperty("queued").GetInt32());
            Assert.Equal(["node-c"], answer.Json.GetProperty("incomplete").Texts());
        }

        Assert.Equal(("news", "hello"), await Api.ApiFixture.ReadFrameAsync(client));
        var (verb, body) = Assert.Single(cluster.Nodes[0].Questions);
        Assert.Equal(("broadcast", "news", "aGVsbG8="), (verb, body.GetProperty("type").GetString(), body.GetProperty("content").GetString()));
        var audited = (await api.GetAsync("audit", Api.ApiFixture.AdminKey)).Json.GetProperty("entries");
        Assert.Equal(["31 queued; no answer from node-c"], audited.Texts("result"));
    }

    [Fact]
    public async Task A_node_does_for_another_one_what_its_own_callers_get_and_leaves_the_audit_to_it()
    {
        var cluster = new FakeCluster();
        await using var api = await ClusterApi.StartAsync(cluster);
        using var client = await api.ConnectAsync("pump-1");
        Assert.Equal(1, (await cluster.AskSelfAsync("broadcast", """{"type":"news","content":"aGVsbG8="}""")).GetProperty("queued").GetInt32());
        Assert.Equal(("news", "hello"), await Api.ApiFixture.ReadFrameAsync(client));
        Assert.Equal("pump-1", (await cluster.AskSelfAsync("show_client", """{"clientId":"pump-1"}""")).GetProperty("connection").GetProperty("connection").GetProperty("clientId").GetString());
        Assert.False((await cluster.AskSelfAsync("show_client", """{"connectionId":"4294967295"}""")).TryGetProperty("connection", out _));
        Assert.Equal(1, (await cluster.AskSelfAsync("status", "{}")).GetProperty("connectedClients").GetInt32());
        var closed = await cluster.AskSelfAsync("close", """{"ids":["pump-1","pump-9"],"reason":"banned"}""");
        Assert.Equal(["closed", "gone"], closed.GetProperty("results").Texts("result"));
        var close = await Api.ApiFixture.ReadFrameAsync(client);
        Assert.Equal("close", close.Type);
        Assert.Contains("banned", close.Content, StringComparison.Ordinal);
        Assert.Empty((await api.GetAsync("audit", Api.ApiFixture.AdminKey)).Json.GetProperty("entries").EnumerateArray());
        await Assert.ThrowsAnyAsync<Exception>(() => cluster.AskSelfAsync("close", "{}"));
    }
}
