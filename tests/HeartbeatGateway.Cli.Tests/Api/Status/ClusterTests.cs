using HeartbeatGateway.Cli.Api.Models;

namespace HeartbeatGateway.Cli.Tests.Api.Status;

/// <summary>What the commands show of a cluster.</summary>
public sealed class ClusterTests
{
    private const string Entry = """{"connectionId":"7","node":"gateway-1","clientId":"pump-17","state":"connected"}""";

    [Fact]
    public async Task Lists_have_a_column_for_the_node_in_a_cluster_only()
    {
        var run = new FakeApi().On("GET clients", $$"""{"clients":[{{Entry}}],"next":null,"watermark":1,"incomplete":[]}""").Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("clients"));
        Assert.StartsWith("CLIENT   NODE       STATE", run.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("pump-17  gateway-1  connected", run.Lines[1], StringComparison.Ordinal);
        Assert.Empty(run.Errors);

        run = new FakeApi().On("GET clients", Contract.Clients).Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("clients"));
        Assert.DoesNotContain("NODE", run.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_says_which_nodes_are_missing_once_for_all_pages()
    {
        var run = new FakeApi().On(
            "GET clients",
            $$"""{"clients":[{{Entry}}],"next":"c1","watermark":1,"incomplete":["gateway-2"]}""",
            $$"""{"clients":[{{Entry}}],"next":null,"watermark":1,"incomplete":["gateway-2","*"]}""").Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("clients --all --json"));
        Assert.Equal(2, run.Lines.Length);
        Assert.Equal("hbg: incomplete: the node gateway-2 did not answer, and the gateway cannot reach Redis, so there may be other nodes; clients may be missing.\n", run.Errors);
    }

    [Theory]
    [InlineData("clients --node gateway-1", "GET clients", "node=gateway-1")]
    [InlineData("disconnects --node gateway-1", "GET disconnects", "node=gateway-1")]
    [InlineData("client --connection 4711 --node gateway-1", "GET connections/4711", "node=gateway-1")]
    public async Task A_node_can_be_chosen(string line, string route, string query)
    {
        var api = Contract.Gateway();
        Assert.Equal(ExitCode.Success, await api.Run().LineAsync(line));
        Assert.Contains(query, api.Requests.First(r => r.Route == route).Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_for_a_client_id_is_refused_since_it_is_found_anywhere()
    {
        var run = Contract.Gateway().Run();
        Assert.Equal(ExitCode.Usage, await run.LineAsync("client pump-17 --node gateway-1"));
        Assert.Contains("--node goes with --connection", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_status_shows_the_sum_of_all_nodes()
    {
        var cluster = ""","cluster":{"node":"gateway-0","nodes":3,"connectedClients":54000,"isDegraded":false,"incomplete":["gateway-2"]}}""";
        var run = new FakeApi().On("GET status", $"{Contract.Status[..^1]}{cluster}").Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("status"));
        Assert.Contains("  cluster     54000 clients at 3 nodes; this is gateway-0", run.Lines);
        Assert.Equal("hbg: incomplete: the node gateway-2 did not answer; their clients are not in the sum.\n", run.Errors);
    }

    [Fact]
    public async Task The_events_of_a_lost_node_can_be_chosen()
    {
        var lost = Contract.Event.Replace("\"reason\":\"reader_idle\"", "\"node\":\"gateway-1\",\"reason\":null", StringComparison.Ordinal);
        var run = new FakeApi().On("GET events", Reply.Events($"event: disconnected\nid: run-1\ndata: {Contract.Event}\n\nevent: node_lost\nid: run-2\ndata: {lost}\n\n")).Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("events --event node_lost --count 1"));
        Assert.Equal("03:12:07.500Z node_lost    pump-17  #12 192.0.2.17 at gateway-1", Assert.Single(run.Lines));
    }

    [Fact]
    public async Task A_change_that_a_node_may_have_missed_is_no_success()
    {
        var run = new FakeApi().On("POST broadcast", """{"queued":7,"incomplete":["gateway-2"]}""").Run();
        Assert.Equal(ExitCode.NotDelivered, await run.LineAsync("broadcast --text x"));
        Assert.Contains("gateway-2 did not answer", run.Errors, StringComparison.Ordinal);

        run = new FakeApi().On("POST disconnect", """{"matched":0,"closed":0,"results":[{"connectionId":null,"clientId":"pump-17","result":"node_unreachable","node":"gateway-2"}],"incomplete":[]}""").Run();
        Assert.Equal(ExitCode.Refused, await run.LineAsync("disconnect pump-17"));
        Assert.Contains("node_unreachable pump-17 at gateway-2", run.Lines);
    }

    [Fact]
    public void The_lists_of_names_are_those_of_the_documented_API()
    {
        var document = Repository.File("docs/api.md");
        Assert.All(
            [.. ApiNames.Events, .. ApiNames.Deliveries, .. ApiNames.States, .. ApiNames.Origins, .. ApiNames.Causes],
            name => Assert.Contains($"`{name}`", document, StringComparison.Ordinal));
    }
}
