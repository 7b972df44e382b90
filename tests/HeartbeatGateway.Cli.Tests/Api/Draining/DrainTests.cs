using System.Text;

namespace HeartbeatGateway.Cli.Tests.Api.Draining;

public sealed class DrainTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Wait_shows_the_progress_until_the_drain_is_done()
    {
        var run = new FakeApi().On("POST drain", new Reply(202, Contract.Draining)).On("GET drain", Contract.Draining, new Reply(502, "", "text/html"), Contract.Drained).Run();
        Assert.Equal(ExitCode.Success, await run.AdvanceUntilAsync(run.LineAsync("drain start --wait"), Second));
        Assert.Equal(["draining", "draining", "drained"], run.Lines.Select(l => l.Split(':')[0]));
        Assert.Contains("a proxy answers and does not reach the gateway", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_drain_that_is_cancelled_meanwhile_gives_exit_code_7()
    {
        var run = new FakeApi().On("POST drain", new Reply(202, Contract.Draining)).On("GET drain", Contract.NotDraining).Run();
        Assert.Equal(ExitCode.Refused, await run.AdvanceUntilAsync(run.LineAsync("drain start --wait --json"), Second));
        Assert.Equal([Contract.Draining, Contract.NotDraining], run.Lines);
        Assert.Equal("hbg: the drain was cancelled.\n", run.Errors);
    }

    [Fact]
    public async Task A_gateway_that_stays_away_is_given_up()
    {
        var run = new FakeApi().On("POST drain", new Reply(202, Contract.Draining)).On("GET drain", new Reply(503, "", "text/html")).Run();
        Assert.Equal(ExitCode.Refused, await run.AdvanceUntilAsync(run.LineAsync("drain start --wait"), Second));
        Assert.Equal(5, run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("y\n", 0, 2)]
    [InlineData("n\n", 130, 1)]
    public async Task A_terminal_shows_how_many_and_asks(string answer, int code, int requests)
    {
        var api = Contract.Gateway();
        var run = new CliRun { Http = () => api, IsTerminal = true, Input = new MemoryStream(Encoding.UTF8.GetBytes(answer)) };
        Assert.Equal((ExitCode)code, await run.LineAsync("drain start"));
        Assert.StartsWith("Close all 18003 connections of 127.0.0.1:8080? [y/N] ", run.Errors, StringComparison.Ordinal);
        Assert.Equal(requests, api.Requests.Count);
    }

    [Theory]
    [InlineData("drain start --yes", "POST drain", "already_draining", "The gateway drains already.")]
    [InlineData("drain cancel", "DELETE drain", "not_draining", "The gateway does not drain.")]
    public async Task A_conflict_is_a_refusal(string line, string route, string code, string detail)
    {
        var run = new FakeApi().On(route, Reply.Problem(409, code, detail)).Run();
        Assert.Equal(ExitCode.Refused, await run.LineAsync(line));
        Assert.Equal($"hbg: {detail}\n", run.Errors);
    }
}
