namespace HeartbeatGateway.Cli.Tests;

public sealed class HbgTests
{
    [Theory]
    [InlineData("", "Required command was not provided.")]
    [InlineData("frame", "Required command was not provided.")]
    [InlineData("frme encode", "'frme'")]
    [InlineData("frame encode --schema none", "'--schema'")]
    [InlineData("frame explain --schema none", "'--schema' is no option of this command")]
    [InlineData("frame encode --scheme md5", "Must be one of")]
    [InlineData("frame encode --type", "--type")]
    [InlineData("token verify --max-age 300", "--max-age is '300', but must be a duration such as")]
    [InlineData("top --interval soon", "--interval is 'soon', but must be a duration such as")]
    [InlineData("top --interval 50ms", "--interval must be 100ms at least")]
    [InlineData("top --count 0", "--count must be 1 or more")]
    [InlineData("completions tcsh", "Must be one of")]
    public async Task What_cannot_be_understood_is_named_on_standard_error(string line, string expected)
    {
        var run = new CliRun();

        Assert.Equal(ExitCode.Usage, await run.LineAsync(line));
        Assert.Contains(expected, run.Errors, StringComparison.Ordinal);
        Assert.StartsWith("hbg: ", run.Errors, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task A_usage_error_says_where_help_is()
    {
        var run = new CliRun();
        await run.LineAsync("token make --nonsense");
        Assert.EndsWith("'hbg token make --help' shows what there is.\n", run.Errors, StringComparison.Ordinal);
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
    public void Every_exit_code_has_a_meaning_of_its_own() =>
        Assert.Equal(Enum.GetValues<ExitCode>().Order(), ExitCodes.All.Select(c => c.Code).Distinct().Order());

    [Fact]
    public async Task An_argument_that_begins_with_at_is_no_file_of_arguments()
    {
        var run = new CliRun();
        Assert.Equal(ExitCode.Success, await run.LineAsync("frame encode --scheme none --content @home"));
        Assert.EndsWith(Convert.ToHexStringLower("@home"u8), run.Output.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupt_ends_as_interrupted()
    {
        var run = new CliRun { Http = () => throw new OperationCanceledException() };
        Assert.Equal(ExitCode.Interrupted, await run.LineAsync("top", new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_fault_of_its_own_is_told_with_all_that_is_known()
    {
        var run = new CliRun { Http = () => throw new InvalidOperationException("broken on purpose") };
        Assert.Equal(ExitCode.Fault, await run.LineAsync("top"));
        Assert.Contains("a fault of hbg itself", run.Errors, StringComparison.Ordinal);
        Assert.Contains("broken on purpose", run.Errors, StringComparison.Ordinal);
    }
}
