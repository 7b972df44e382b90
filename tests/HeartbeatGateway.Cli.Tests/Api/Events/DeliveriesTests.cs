namespace HeartbeatGateway.Cli.Tests.Api.Events;

public sealed class DeliveriesTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Writes_a_line_for_each_result()
    {
        var run = Contract.Gateway().Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("deliveries --count 1"));
        Assert.Equal("03:12:07.500Z delivered pump-17  5c3e0f6d2a1b4897-43\n", run.Output);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task Json_has_name_and_id_before_the_gateways_fields()
    {
        var run = Contract.Gateway().Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("deliveries --count 1 --json"));
        Assert.Equal($$"""{"event":"delivered","id":"run-1",{{Contract.Delivery[1..]}}""", Assert.Single(run.Lines));
    }

    [Theory]
    [InlineData("--id pump-17", 1)]
    [InlineData("--result delivered --result expired", 1)]
    [InlineData("--id pump-1", 0)]
    [InlineData("--result dropped", 0)]
    public async Task Shows_only_what_is_chosen(string options, int shown)
    {
        var api = Contract.Gateway().On("GET deliveries", Reply.Events($"event: delivered\nid: run-1\ndata: {Contract.Delivery}\n\n"), Reply.Problem(403, "scope_required", "no"));
        var run = api.Run();
        await run.AdvanceUntilAsync(run.LineAsync($"deliveries {options}"), Second);
        Assert.Equal(shown, run.Lines.Length);
        // It resumes where the stream broke off.
        Assert.Equal([null, "run-1"], api.Requests.Select(r => r.Header("Last-Event-ID")));
    }

    [Theory]
    [InlineData("", "GAP: results are missing here. The event of Last-Event-ID is of an earlier run of the gateway.")]
    [InlineData(" --json", """{"event":"gap","after":"old-9","detail":"The event of Last-Event-ID is of an earlier run of the gateway."}""")]
    public async Task What_the_gateway_no_longer_has_is_a_gap(string options, string expected)
    {
        var api = new FakeApi().On(
            "GET deliveries", Reply.Problem(410, "events_gone", "The event of Last-Event-ID is of an earlier run of the gateway."), Reply.Events($"event: delivered\nid: run-1\ndata: {Contract.Delivery}\n\n"));
        var run = api.Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync($"deliveries --since old-9 --count 1{options}"));
        Assert.Contains(expected, run.Lines[0], StringComparison.Ordinal);
        Assert.Equal(["old-9", null], api.Requests.Select(r => r.Header("Last-Event-ID")));
    }
}
