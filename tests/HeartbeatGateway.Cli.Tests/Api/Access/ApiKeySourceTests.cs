namespace HeartbeatGateway.Cli.Tests.Api.Access;

public sealed class ApiKeySourceTests : IDisposable
{
    private const string Canary = "canary-canary-canary";

    private readonly string _folder = Directory.CreateTempSubdirectory("hbg-key-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("--key-file {0}/a", "variable", "{0}/b", "Bearer a")]
    [InlineData("", "variable", "{0}/b", "Bearer variable")]
    [InlineData("", null, "{0}/b", "Bearer b")]
    [InlineData("", "", "", null)]
    public async Task The_option_wins_over_the_key_and_the_key_over_the_file_of_the_environment(string options, string? key, string file, string? expected)
    {
        foreach (var name in new[] { "a", "b" }) await File.WriteAllTextAsync(Path.Combine(_folder, name), $"{name}\n", TestContext.Current.CancellationToken);
        string In(string text) => text.Replace("{0}", _folder, StringComparison.Ordinal);
        var api = Contract.Gateway();
        var run = api.Run().Set("HBG_KEY_FILE", In(file));
        if (key is not null) run.Set("HBG_KEY", key);
        Assert.Equal(ExitCode.Success, await run.LineAsync($"status {In(options)}"));
        Assert.Equal(expected, Assert.Single(api.Requests).Header("Authorization"));
    }

    [Theory]
    [InlineData($"{Canary} x")]
    [InlineData($"{Canary}\r\nX-Other: 1")]
    [InlineData($"{Canary}ü")]
    public async Task A_key_that_no_header_can_carry_is_refused_and_not_shown(string key)
    {
        var api = Contract.Gateway();
        var run = api.Run().Set("HBG_KEY", key);
        Assert.Equal(ExitCode.Usage, await run.LineAsync("status"));
        Assert.Contains("HBG_KEY holds a key that no HTTP header can carry", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, run.Errors, StringComparison.Ordinal);
        Assert.Empty(api.Requests);
    }

    [Theory]
    [InlineData("", "contains no key")]
    [InlineData("a\0b", "contains a NUL byte")]
    public async Task A_file_without_a_key_is_refused(string content, string error)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "k"), content, TestContext.Current.CancellationToken);
        var run = Contract.Gateway().Run();
        Assert.Equal(ExitCode.File, await run.LineAsync($"status --key-file {_folder}/k"));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
        Assert.Equal(ExitCode.File, await run.LineAsync($"status --key-file {_folder}/none"));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("status --json")]
    [InlineData("clients")]
    [InlineData("client pump-17")]
    [InlineData("send a --text x")]
    [InlineData("events")]
    [InlineData("drain start --wait")]
    [InlineData("top --once --clients 3")]
    public async Task No_error_shows_the_key(string line)
    {
        Reply[] answers = [Reply.Problem(403, "scope_required", "The key 'operator' has the scope read."), new(500, "<html>", "text/html"), new(301, "", "text/plain"), "[]", "{", "null"];
        foreach (var answer in answers)
        {
            var api = new FakeApi();
            foreach (var route in new[] { "GET status", "GET clients", "GET clients/pump-17", "POST messages", "GET events", "POST drain", "GET metrics" }) api.On(route, answer);
            var run = api.Run().Set("HBG_KEY", Canary);
            Assert.NotEqual(ExitCode.Success, await run.LineAsync(line));
            Assert.DoesNotContain(Canary, run.Errors + run.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("internal error", run.Errors, StringComparison.Ordinal);
        }
    }
}
