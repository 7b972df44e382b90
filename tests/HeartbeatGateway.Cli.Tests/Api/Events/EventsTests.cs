namespace HeartbeatGateway.Cli.Tests.Api.Events;

public sealed class EventsTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Writes_a_line_for_each_event()
    {
        var run = new FakeApi().On("GET events", Stream(1, 2)).Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("events --count 2"));
        Assert.Equal("03:12:07.500Z disconnected pump-17  #12 192.0.2.17  reader_idle by network: network_loss", run.Lines[0]);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task Json_has_name_and_id_before_the_gateways_fields()
    {
        var run = new FakeApi().On("GET events", Stream(1)).Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("events --count 1 --json"));
        Assert.Equal($$"""{"event":"disconnected","id":"run-1",{{Contract.Event[1..]}}""", Assert.Single(run.Lines));
    }

    [Theory]
    [InlineData("--id pump-17", 1)]
    [InlineData("--prefix pump", 1)]
    [InlineData("--event disconnected", 1)]
    [InlineData("--id pump-1", 0)]
    [InlineData("--prefix valve", 0)]
    [InlineData("--event connected --event replaced", 0)]
    public async Task Shows_only_what_is_chosen(string options, int shown)
    {
        var api = new FakeApi().On("GET events", Stream(1), Reply.Problem(403, "scope_required", "no"));
        var run = api.Run();
        await run.AdvanceUntilAsync(run.LineAsync($"events {options}"), Second);
        Assert.Equal(shown, run.Lines.Length);
    }

    [Fact]
    public async Task After_a_lost_connection_it_resumes_after_the_last_event()
    {
        var api = new FakeApi().On("GET events", Stream(1, 2), new Reply(502, "", "text/html"), Stream(3));
        var run = api.Run();
        Assert.Equal(ExitCode.Success, await run.AdvanceUntilAsync(run.LineAsync("events --since run-0 --count 3"), Second));
        Assert.Equal(["run-0", "run-2", "run-2"], api.Requests.Select(r => r.Header("Last-Event-ID")));
        Assert.Contains("hbg: the gateway ended the stream; next attempt in 1 s.\n", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("GAP", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loss_before_the_first_event_resumes_from_where_the_stream_began()
    {
        var api = new FakeApi().On("GET events", Reply.Events(": events after run-7\n\n:\n\n"), Stream(8));
        var run = api.Run();
        Assert.Equal(ExitCode.Success, await run.AdvanceUntilAsync(run.LineAsync("events --count 1"), Second));
        Assert.Equal([null, "run-7"], api.Requests.Select(r => r.Header("Last-Event-ID")));
        Assert.Single(run.Lines);
    }

    [Theory]
    [InlineData("", "GAP: events are missing here. The event of Last-Event-ID is of an earlier run of the gateway. hbg clients shows who is connected now.")]
    [InlineData(" --json", """{"event":"gap","after":"old-9","detail":"The event of Last-Event-ID is of an earlier run of the gateway."}""")]
    public async Task What_the_gateway_no_longer_has_is_a_gap(string options, string expected)
    {
        var api = new FakeApi().On("GET events", Reply.Problem(410, "events_gone", "The event of Last-Event-ID is of an earlier run of the gateway."), Stream(1));
        var run = api.Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync($"events --since old-9 --count 1{options}"));
        Assert.Contains(expected, run.Lines[0], StringComparison.Ordinal);
        Assert.Equal(2, run.Lines.Length);
        Assert.Equal(["old-9", null], api.Requests.Select(r => r.Header("Last-Event-ID")));
    }

    [Fact]
    public async Task A_withdrawn_key_ends_it()
    {
        var run = new FakeApi().On("GET events", Stream(1), Reply.Problem(401, "key_required", "The key is not known to this gateway.")).Run().Set("HBG_KEY", "k");
        Assert.Equal(ExitCode.Refused, await run.AdvanceUntilAsync(run.LineAsync("events"), Second));
        Assert.EndsWith("hbg: The key is not known to this gateway.\n", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_first_connection_that_fails_ends_it()
    {
        var run = new FakeApi().On("GET events", Reply.Problem(503, "too_many_readers", "32 readers follow the events already; try again later.")).Run();
        Assert.Equal(ExitCode.Refused, await run.LineAsync("events"));
        Assert.Equal("hbg: 32 readers follow the events already; try again later.\n", run.Errors);
    }

    [Fact]
    public async Task Ctrl_C_is_the_usual_end()
    {
        using var interrupt = new CancellationTokenSource();
        var run = new FakeApi().On("GET events", Stream(1)).Run();
        var running = run.LineAsync("events", interrupt.Token);
        await run.Error.SawAsync("next attempt");
        await interrupt.CancelAsync();
        Assert.Equal(ExitCode.Success, await running);
    }

    private static Reply Stream(params int[] numbers) =>
        Reply.Events(string.Concat(numbers.Select(n => $"event: disconnected\nid: run-{n}\ndata: {Contract.Event}\n\n").Prepend(": events after x\n\n")));
}
