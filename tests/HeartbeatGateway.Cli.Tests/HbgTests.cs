namespace HeartbeatGateway.Cli.Tests;

public sealed class HbgTests
{
    [Theory]
    [InlineData("", "Required command was not provided.")]
    [InlineData("frame", "Required command was not provided.")]
    [InlineData("frme encode", "'frme'")]
    [InlineData("frame encode --schema none", "'--schema'")]
    [InlineData("frame explain --schema none", "'--schema' is not an option of this command")]
    [InlineData("frame encode --scheme md5", "Must be one of")]
    [InlineData("frame encode --type", "--type")]
    [InlineData("token verify --max-age 5d", "--max-age is '5d', but must be a duration such as")]
    [InlineData("top --interval soon", "--interval is 'soon', but must be a duration such as")]
    [InlineData("top --interval 50ms", "--interval must be at least 100ms")]
    [InlineData("top --count 0", "--count must be 1 or more")]
    [InlineData("completions tcsh", "Must be one of")]
    public async Task A_usage_error_is_written_to_standard_error(string line, string expected)
    {
        var run = new CliRun();

        Assert.Equal(ExitCode.Usage, await run.LineAsync(line));
        Assert.Contains(expected, run.Errors, StringComparison.Ordinal);
        Assert.StartsWith("hbg: ", run.Errors, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task A_usage_error_refers_to_the_help()
    {
        var run = new CliRun();
        await run.LineAsync("token make --nonsense");
        Assert.EndsWith("'hbg token make --help' lists the commands and options.\n", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("frame explain --help")]
    [InlineData("top -h")]
    public async Task Help_lists_every_exit_code(string line)
    {
        var run = new CliRun();

        Assert.Equal(ExitCode.Success, await run.LineAsync(line));
        Assert.All(ExitCodes.All, code => Assert.Contains($"{(int)code.Code,5}  {code.Meaning}\n", run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_exit_code_has_one_meaning() =>
        Assert.Equal(Enum.GetValues<ExitCode>().Order(), ExitCodes.All.Select(c => c.Code).Distinct().Order());

    [Fact]
    public async Task An_argument_that_begins_with_at_is_not_a_response_file()
    {
        var run = new CliRun();
        Assert.Equal(ExitCode.Success, await run.LineAsync("frame encode --scheme none --content @home"));
        Assert.EndsWith(Convert.ToHexStringLower("@home"u8), run.Output.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancellation_gives_the_interrupted_exit_code()
    {
        var run = new CliRun { Http = () => throw new OperationCanceledException() };
        Assert.Equal(ExitCode.Interrupted, await run.LineAsync("top", new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task An_internal_error_is_reported_with_its_details()
    {
        var run = new CliRun { Http = () => throw new InvalidOperationException("broken on purpose") };
        Assert.Equal(ExitCode.Fault, await run.LineAsync("top"));
        Assert.Contains("an internal error of hbg", run.Errors, StringComparison.Ordinal);
        Assert.Contains("broken on purpose", run.Errors, StringComparison.Ordinal);
    }
}
