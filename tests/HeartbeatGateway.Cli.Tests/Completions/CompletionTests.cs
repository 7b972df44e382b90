namespace HeartbeatGateway.Cli.Tests.Completions;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("hbg ", "frame")]
    [InlineData("hbg fr", "frame")]
    [InlineData("hbg frame ", "explain")]
    [InlineData("hbg frame encode --out", "--output")]
    [InlineData("hbg frame encode --output ", "raw")]
    [InlineData("hbg token verify --scheme d", "digest")]
    [InlineData("hbg completions ", "fish")]
    [InlineData("hbg cli", "clients")]
    [InlineData("hbg clients --sort r", "rtt")]
    [InlineData("hbg disconnects --cause ", "network_loss")]
    [InlineData("hbg ban ", "remove")]
    [InlineData("hbg drain st", "start")]
    [InlineData("hbg events --event ", "replaced")]
    public async Task The_suggest_directive_returns_completions(string line, string expected)
    {
        var run = new CliRun();
        Assert.Equal(ExitCode.Success, await run.RunAsync($"[suggest:{line.Length}]", line));
        Assert.Contains(expected, run.Lines);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _hbg_complete hbg")]
    [InlineData("zsh", "compdef _hbg hbg")]
    [InlineData("fish", "complete -c hbg")]
    public async Task Writes_a_script_for_each_shell(string shell, string line)
    {
        var run = new CliRun();
        Assert.Equal(ExitCode.Success, await run.LineAsync($"completions {shell}"));
        Assert.Contains(line, run.Output, StringComparison.Ordinal);
        Assert.Contains("[suggest:", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', run.Output);
    }
}
