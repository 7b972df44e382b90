using System.Text;

namespace HeartbeatGateway.Cli.Tests.Api.Bans;

public sealed class BanTests
{
    [Theory]
    [InlineData("y\n", 0, 2)]
    [InlineData("n\n", 130, 1)]
    public async Task A_terminal_shows_how_many_it_closes_and_asks(string answer, int code, int requests)
    {
        var api = Contract.Gateway();
        var run = new CliRun { Http = () => api, IsTerminal = true, Input = new MemoryStream(Encoding.UTF8.GetBytes(answer)) };
        Assert.Equal((ExitCode)code, await run.LineAsync("ban add --client pump-17"));
        Assert.StartsWith("Ban pump-17 and close 1 connection? [y/N] ", run.Errors, StringComparison.Ordinal);
        Assert.Equal(requests, api.Requests.Count);
        Assert.Contains("\"dryRun\":true", api.Requests[0].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_ban_gives_exit_code_8()
    {
        var run = new FakeApi().On("DELETE bans/b-0", Reply.Problem(404, "ban_not_found", "There is no ban 'b-0'.")).Run();
        Assert.Equal(ExitCode.NotFound, await run.LineAsync("ban remove b-0"));
        Assert.Equal("hbg: There is no ban 'b-0'.\n", run.Errors);
    }

    [Fact]
    public async Task No_bans_are_said()
    {
        var run = new FakeApi().On("GET bans", """{"bans":[]}""").Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("ban list"));
        Assert.Equal(("", "hbg: there are no bans.\n"), (run.Output, run.Errors));
    }
}
