using System.Net;
using HeartbeatGateway.Tests.Api;

namespace HeartbeatGateway.Tests.Cluster;

/// <summary>Lists of clients and of ended connections across nodes.</summary>
public sealed class ClusterListTests
{
    [Fact]
    public async Task A_list_has_the_clients_of_all_nodes_in_one_order_and_names_the_node_of_each()
    {
        await using var api = await ClusterApi.StartAsync(new FakeCluster(new FakeNode("node-b", 3), new FakeNode("node-c", 2)));
        await api.ConnectAsync("pump-1");
        var list = (await api.GetAsync("clients")).Json;
        // The imaginary clients connected before those of the test, node-b and node-c in turns.
        Assert.Equal(["node-b-00001", "node-c-00001", "node-b-00002", "node-c-00002", "node-b-00003", "pump-1"], list.GetProperty("clients").Texts("clientId"));
        Assert.Equal(["node-b", "node-c", "node-b", "node-c", "node-b", "self"], list.GetProperty("clients").Texts("node"));
        Assert.Null(list.GetProperty("next").GetString());
        Assert.Empty(list.GetProperty("incomplete").Texts());
        // What a newer node adds is passed on.
        Assert.True(list.GetProperty("clients")[0].GetProperty("aNewField").GetBoolean());

        var reversed = (await api.GetAsync("clients?order=desc&limit=2")).Json;
        Assert.Equal(["pump-1", "node-b-00003"], reversed.GetProperty("clients").Texts("clientId"));
    }

    [Theory]
    [InlineData("clients?limit=1000", "clients", "asc")]
    [InlineData("clients?limit=700&order=desc", "clients", "desc")]
    [InlineData("disconnects?limit=900", "disconnects", "desc")]
    public async Task Pages_of_ten_nodes_with_thousands_of_clients_have_each_exactly_once_and_in_order(string path, string list, string order)
    {
        var nodes = Enumerable.Range(0, 10).Select(i => new FakeNode($"node-{i}", 2000 + (100 * i))).ToArray();
        await using var api = await ClusterApi.StartAsync(new FakeCluster(nodes));
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await api.GetAsync(cursor is null ? path : $"{path}&cursor={cursor}")).Json;
            seen.AddRange(page.GetProperty(list).EnumerateArray().Select(e => $"{int.Parse(e.GetProperty("connectionId").GetString()!, System.Globalization.CultureInfo.InvariantCulture):00000} {e.GetProperty("node").GetString()}"));
            cursor = page.GetProperty("next").GetString();
        }
        while (cursor is not null);

        var expected = nodes.SelectMany((n, i) => Enumerable.Range(1, 2000 + (100 * i)).Select(c => $"{c:00000} {n.Node.Name}")).Order(StringComparer.Ordinal);
        Assert.Equal(order == "asc" ? expected : expected.Reverse(), seen);
        // No node sends more than a page has.
        Assert.All(nodes, n => Assert.InRange(n.LargestAnswer, 1, 1000));
    }

    [Theory]
    [InlineData(FakeNodeMood.Unreachable)]
    [InlineData(FakeNodeMood.Unknown)]
    [InlineData(FakeNodeMood.Failing)]
    [InlineData(FakeNodeMood.Nonsense)]
    public async Task A_node_that_does_not_answer_is_named_and_the_others_are_listed(FakeNodeMood mood)
    {
        await using var api = await ClusterApi.StartAsync(new FakeCluster(new FakeNode("node-b", 1), new FakeNode("node-c", 1, mood)));
        foreach (var path in new[] { "clients", "disconnects" })
        {
            var list = (await api.GetAsync(path)).Json;
            Assert.Equal(["node-b-00001"], list.GetProperty(path).Texts("clientId"));
            Assert.Equal(["node-c"], list.GetProperty("incomplete").Texts());
        }
    }

    [Fact]
    public async Task A_node_that_comes_back_between_pages_is_listed_from_its_beginning()
    {
        var back = new FakeNode("node-c", 2, FakeNodeMood.Unreachable);
        await using var api = await ClusterApi.StartAsync(new FakeCluster(new FakeNode("node-b", 3), back));
        var first = (await api.GetAsync("clients?limit=2")).Json;
        Assert.Equal(["node-b-00001", "node-b-00002"], first.GetProperty("clients").Texts("clientId"));
        back.Mood = FakeNodeMood.Good;
        var second = (await api.GetAsync($"clients?limit=1000&cursor={first.GetProperty("next").GetString()}")).Json;
        Assert.Equal(["node-c-00001", "node-c-00002", "node-b-00003"], second.GetProperty("clients").Texts("clientId"));
    }

    [Fact]
    public async Task While_the_directory_is_away_the_known_nodes_are_asked_and_the_answer_says_that_there_may_be_others()
    {
        var cluster = new FakeCluster(new FakeNode("node-b", 1)) { IsDegraded = true };
        await using var api = await ClusterApi.StartAsync(cluster);
        await api.ConnectAsync("pump-1");
        var unknown = (await api.GetAsync("clients")).Json;
        Assert.Equal(["pump-1"], unknown.GetProperty("clients").Texts("clientId"));
        Assert.Equal(["*"], unknown.GetProperty("incomplete").Texts());
        cluster.IsDegraded = false;
        await api.GetAsync("clients");
        cluster.IsDegraded = true;
        cluster.Nodes[0].Mood = FakeNodeMood.Unreachable;
        Assert.Equal(["node-b", "*"], (await api.GetAsync("clients")).Json.GetProperty("incomplete").Texts());
        (await api.GetAsync("clients?node=node-x")).AssertProblem(HttpStatusCode.ServiceUnavailable, "cluster_unavailable");
    }

    [Theory]
    [InlineData("clients")]
    [InlineData("disconnects")]
    public async Task The_parameter_node_restricts_a_list_to_one_node_by_name_or_epoch(string path)
    {
        var cluster = new FakeCluster(new FakeNode("node-b", 1), new FakeNode("node-c", 1));
        await using var api = await ClusterApi.StartAsync(cluster);
        Assert.Equal(["node-c-00001"], (await api.GetAsync($"{path}?node=node-c")).Json.GetProperty(path).Texts("clientId"));
        Assert.Equal(["node-b-00001"], (await api.GetAsync($"{path}?node=epoch-of-node-b")).Json.GetProperty(path).Texts("clientId"));
        var asked = cluster.Nodes.Sum(n => n.Questions.Count);
        Assert.Empty((await api.GetAsync($"{path}?node=self")).Json.GetProperty(path).Texts());
        Assert.Equal(asked, cluster.Nodes.Sum(n => n.Questions.Count));
        (await api.GetAsync($"{path}?node=node-x")).AssertProblem(HttpStatusCode.NotFound, "node_not_found");
    }

    [Fact]
    public async Task The_filter_reaches_the_nodes_and_a_wrong_one_reaches_none()
    {
        var cluster = new FakeCluster(new FakeNode("node-b", 1));
        await using var api = await ClusterApi.StartAsync(cluster);
        await api.GetAsync("clients?prefix=pump&state=connected&sort=idle&order=desc&limit=5");
        var (verb, body) = Assert.Single(cluster.Nodes[0].Questions);
        Assert.Equal("list_clients", verb);
        Assert.Equal(("pump", "connected", "idle", "desc", "5"), (Parameter("prefix"), Parameter("state"), Parameter("sort"), Parameter("order"), Parameter("limit")));
        (await api.GetAsync("clients?state=asleep")).AssertProblem(HttpStatusCode.BadRequest, "invalid_parameter");
        Assert.Single(cluster.Nodes[0].Questions);

        string? Parameter(string name) => body.GetProperty("parameters").GetProperty(name).GetString();
    }

    [Theory]
    [InlineData("AAAA", "not a cursor")]
    [InlineData("!", "not a cursor")]
    [InlineData("", "another filter")]
    public async Task A_cursor_that_does_not_fit_is_refused(string cursor, string why)
    {
        await using var api = await ClusterApi.StartAsync(new FakeCluster(new FakeNode("node-b", 3)));
        var given = cursor.Length > 0 ? cursor : (await api.GetAsync("clients?limit=1")).Json.GetProperty("next").GetString();
        var answer = await api.GetAsync($"clients?limit=1&prefix=other&cursor={given}");
        answer.AssertProblem(HttpStatusCode.BadRequest, "invalid_cursor");
        Assert.Contains(why, answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_answers_another_one_with_its_own_clients_and_goes_on_after_a_position()
    {
        var cluster = new FakeCluster();
        await using var api = await ClusterApi.StartAsync(cluster);
        foreach (var id in new[] { "pump-1", "pump-2", "pump-3" }) await api.ConnectAsync(id);
        var first = await cluster.AskSelfAsync("list_clients", """{"parameters":{"limit":"2"},"positions":{}}""");
        Assert.Equal(["pump-1", "pump-2"], first.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("entry").GetProperty("clientId").GetString()));
        Assert.True(first.GetProperty("hasMore").GetBoolean());
        var position = first.GetProperty("entries")[1].GetProperty("position").GetRawText();
        var rest = await cluster.AskSelfAsync("list_clients", $$$"""{"parameters":{"limit":"2"},"positions":{"{{{first.GetProperty("run").GetString()}}}":{{{position}}},"0011223344556677":{"value":1,"sequence":1}},"aNewField":1}""");
        Assert.Equal(["pump-3"], rest.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("entry").GetProperty("clientId").GetString()));
        Assert.False(rest.GetProperty("hasMore").GetBoolean());

        await api.SendAsync("DELETE", "clients/pump-2");
        await api.Host.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"kicked\"}", 1);
        var ended = await cluster.AskSelfAsync("list_disconnects", """{"parameters":{},"positions":{}}""");
        Assert.Equal("self", Assert.Single(ended.GetProperty("entries").EnumerateArray().ToList()).GetProperty("entry").GetProperty("node").GetString());
    }

    [Fact]
    public async Task Without_a_cluster_entries_have_no_node_and_only_the_own_name_is_a_node()
    {
        await using var api = await ApiFixture.StartAsync("--Gateway:Redis:NodeName=alone");
        await api.ConnectAsync("pump-1");
        var answer = await api.GetAsync("clients");
        Assert.DoesNotContain("\"node\"", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("incomplete", answer.Text, StringComparison.Ordinal);
        Assert.Equal(["pump-1"], (await api.GetAsync("clients?node=alone")).Json.GetProperty("clients").Texts("clientId"));
        (await api.GetAsync("clients?node=other")).AssertProblem(HttpStatusCode.NotFound, "node_not_found");
    }
}
