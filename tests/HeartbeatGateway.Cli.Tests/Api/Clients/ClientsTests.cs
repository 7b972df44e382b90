namespace HeartbeatGateway.Cli.Tests.Api.Clients;

public sealed class ClientsTests
{
    private static string Page(string? next, params string[] ids) =>
        $$"""{"clients":[{{string.Join(',', ids.Select(id => $$"""{"connectionId":"1","clientId":"{{id}}","state":"connected"}"""))}}],"next":{{(next is null ? "null" : $"\"{next}\"")}},"watermark":1}""";

    [Fact]
    public async Task All_pages_are_read_with_the_cursor()
    {
        var api = new FakeApi().On("GET clients", Page("c1", "a", "b"), Page("c2", "c"), Page(null, "d"));
        var run = api.Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("clients --all --prefix x"));
        Assert.Equal(["CLIENT", "a", "b", "c", "d"], run.Lines.Select(l => l.Split(' ')[0]));
        Assert.Equal(["", "c1", "c2"], api.Requests.Select(r => r.Query.Split("&cursor=") is [_, var cursor] ? cursor : ""));
        Assert.All(api.Requests, r => Assert.StartsWith("?prefix=x&sort=connectedAt&order=asc&limit=1000", r.Query, StringComparison.Ordinal));
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task A_limit_above_a_page_is_read_in_pages_and_the_rest_is_mentioned()
    {
        var api = new FakeApi().On("GET clients", Page("c1", [.. Enumerable.Range(0, 1000).Select(i => $"c-{i}")]), Page("c2", "x"));
        var run = api.Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("clients --limit 1001 --json"));
        Assert.Equal(1001, run.Lines.Length);
        Assert.EndsWith("&limit=1&cursor=c1", api.Requests[1].Query, StringComparison.Ordinal);
        Assert.Equal("hbg: 1001 clients shown, and there are more: --limit N or --all shows them.\n", run.Errors);
    }

    [Fact]
    public async Task A_page_that_repeats_itself_ends_the_command()
    {
        var run = new FakeApi().On("GET clients", Page("c1", "a")).Run();
        Assert.Equal(ExitCode.NoGateway, await run.LineAsync("clients --all"));
        Assert.Contains("a page that does not end", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_that_matches_is_said()
    {
        var run = new FakeApi().On("GET clients", Page(null)).Run();
        Assert.Equal(ExitCode.Success, await run.LineAsync("clients"));
        Assert.Equal(("", "hbg: no client matches.\n"), (run.Output, run.Errors));
    }

    [Fact]
    public async Task What_peers_chose_cannot_write_to_the_terminal()
    {
        var entry = """{"connectionId":"1","clientId":"a\u001b[31m\nb","state":"connected","library":"x\u202e/1","address":"\u009b1"}""";
        var api = new FakeApi().On("GET clients", $$"""{"clients":[{{entry}}],"next":null}""").On("GET clients/a", $$"""{"connection":{{entry}},"features":["\u0007"]}""")
            .On("GET disconnects", """{"disconnects":[{"reason":"\u001bc","detail":"\u0000","origin":"\u0085","postMortem":{"cause":"\u001b"}}],"next":null}""");
        foreach (var line in new[] { "clients", "clients --json", "client a", "client a --json", "disconnects", "disconnects --json" })
        {
            var run = api.Run();
            Assert.Equal(ExitCode.Success, await run.LineAsync(line));
            Assert.DoesNotContain(run.Output, c => c != '\n' && (char.IsControl(c) || c == '\u202e'));
        }
    }

    [Theory]
    [InlineData(200, "CLIENT   STATE        ADDRESS                      AGE   IDLE      RTT  RETRANS  JITTER  PENDING  RECONN        IN       OUT  KEY  LIBRARY        CONNECTION")]
    [InlineData(60, "CLIENT   STATE         IDLE      RTT  RETRANS")]
    [InlineData(9, "CLIENT")]
    public async Task The_table_fits_the_terminal(int width, string header)
    {
        var api = Contract.Gateway();
        var run = new CliRun { Http = () => api, Width = width };
        await run.LineAsync("clients");
        Assert.Equal(header, run.Lines[0]);
        Assert.All(run.Lines, l => Assert.InRange(l.Length, 1, width));
    }
}
