using System.Text;
using HeartbeatGateway.Cli.Api.Disconnects;
using HeartbeatGateway.Cli.Api.Models;

namespace HeartbeatGateway.Cli.Tests.Api.Disconnects;

public sealed class DisconnectTests
{
    private const string Closed = """{"matched":2,"closed":2,"results":[{"connectionId":"1","clientId":"a","result":"closed"},{"connectionId":"12","clientId":null,"result":"closed"}]}""";
    private const string Matched = """{"matched":2,"closed":0,"results":[{"connectionId":"1","clientId":"a","result":"matched"},{"connectionId":"12","clientId":null,"result":"matched"}]}""";

    [Theory]
    [InlineData("y\n")]
    [InlineData("Yes\r\n")]
    public async Task A_terminal_shows_how_many_and_asks(string answer)
    {
        var api = new FakeApi().On("POST disconnect", Matched, Closed);
        var run = Terminal(api, answer);
        Assert.Equal(ExitCode.Success, await run.LineAsync("disconnect --prefix a"));
        Assert.Equal("Close 2 connections as kicked (a, #12)? [y/N] ", run.Errors);
        Assert.Equal("closed   a\nclosed   #12\n2 connections closed\n", run.Output);
        Assert.Equal([true, false], api.Requests.Select(r => r.Body.Contains("\"dryRun\":true", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("n\n")]
    [InlineData("\n")]
    [InlineData("")]
    public async Task Every_other_answer_closes_nothing(string answer)
    {
        var api = new FakeApi().On("POST disconnect", Matched);
        var run = Terminal(api, answer);
        Assert.Equal(ExitCode.Interrupted, await run.LineAsync("disconnect a"));
        Assert.EndsWith("hbg: nothing was changed.\n", run.Errors, StringComparison.Ordinal);
        Assert.Single(api.Requests);
    }

    [Fact]
    public async Task Yes_does_not_ask()
    {
        var api = new FakeApi().On("POST disconnect", Closed);
        var run = Terminal(api, "");
        Assert.Equal(ExitCode.Success, await run.LineAsync("disconnect --prefix a --yes"));
        Assert.Single(api.Requests);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task A_script_needs_no_confirmation_for_ids_and_one_that_is_gone_gives_exit_code_8()
    {
        var run = new FakeApi().On("POST disconnect", """{"matched":1,"closed":1,"results":[{"connectionId":"1","clientId":"a","result":"closed"},{"connectionId":null,"clientId":"b","result":"gone"}]}""").Run();
        Assert.Equal(ExitCode.NotFound, await run.LineAsync("disconnect a b"));
        Assert.Equal("closed   a\ngone     b\n1 connection closed\n", run.Output);
    }

    [Fact]
    public async Task More_connections_than_are_listed_are_counted()
    {
        var run = new FakeApi().On("POST disconnect", """{"matched":1800,"closed":1799,"results":[{"connectionId":"1","clientId":"a","result":"closed"}]}""").Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("disconnect --state connected --yes"));
        Assert.Equal("closed   a\n… and 1799 more\n1799 connections closed\n", run.Output);
    }

    [Theory]
    [InlineData("client_silent", "client_silent: nothing arrived for 8 s (limit 7 s), and nothing points to the network or the gateway: the client did not send. Look at the device")]
    [InlineData("network_loss", "network_loss: nothing arrived for 8 s (limit 7 s), and TCP got no acknowledgement: packets were lost. Look at the network of the device")]
    [InlineData("interval_too_long", "interval_too_long: the usual gap of 9 s leaves too little of the limit of 7 s: shorten the client's interval, let it negotiate in its hello, or raise Gateway:Heartbeat:ReaderIdle")]
    [InlineData("gateway_stall", "gateway_stall: nothing arrived for 8 s (limit 7 s), but the gateway itself stood still for 3 s. Look at its processor and memory limits")]
    [InlineData("sunspots", "sunspots: nothing arrived for 8 s (limit 7 s)")]
    public void Each_cause_says_what_to_look_at(string cause, string text) =>
        Assert.Equal(text, DisconnectText.Verdict(new PostMortem(cause, 7, 8, 9, null, 3, null)));

    [Fact]
    public void A_client_without_a_usual_gap_came_back_and_was_closed_again() =>
        Assert.StartsWith(
            "interval_too_long: the client comes back and sends no second heartbeat within the limit of 7 s: shorten",
            DisconnectText.Verdict(new PostMortem("interval_too_long", 7, 8, null, null, 0, null)), StringComparison.Ordinal);

    private static CliRun Terminal(FakeApi api, string input) => new() { Http = () => api, IsTerminal = true, Input = new MemoryStream(Encoding.UTF8.GetBytes(input)) };
}
