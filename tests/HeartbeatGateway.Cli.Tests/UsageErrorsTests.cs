using System.CommandLine;

namespace HeartbeatGateway.Cli.Tests;

public sealed class UsageErrorsTests
{
    [Theory]
    [InlineData("tpo", "'tpo' is not a command of hbg. Did you mean 'hbg top'?")]
    [InlineData("nods", "'nods' is not a command of hbg. Did you mean 'hbg nodes'?")]
    [InlineData("conect", "Did you mean 'hbg connect'?")]
    [InlineData("verify", "Did you mean 'hbg token verify'?")]
    [InlineData("frame encod", "'encod' is not a command of hbg frame. Did you mean 'hbg frame encode'?")]
    [InlineData("something-else", "The commands are: connect, load, top,")]
    [InlineData("token make --shceme none", "'--shceme' is not an option of hbg token make. Did you mean '--scheme'?")]
    [InlineData("frame explain --schem none", "'--schem' is not an option of this command. Did you mean '--scheme'?")]
    [InlineData("top --onec", "'--onec' is not an option of this command. Did you mean '--once'?")]
    [InlineData("help conect", "'conect' is not a command of hbg. Did you mean 'hbg connect'?")]
    public async Task A_misspelt_word_gets_the_nearest_one(string line, string expected)
    {
        var run = new CliRun();
        Assert.Equal(ExitCode.Usage, await run.LineAsync(line));
        Assert.Contains(expected, run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Required command", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_very_long_word_is_refused_without_a_suggestion()
    {
        var run = new CliRun();
        Assert.Equal(ExitCode.Usage, await run.RunAsync(new string('x', 100_000)));
        Assert.DoesNotContain("Did you mean", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("help", "--help")]
    [InlineData("help top", "top --help")]
    [InlineData("help frame explain", "frame explain --help")]
    public async Task Help_is_also_a_command(string line, string same)
    {
        var (help, option) = (new CliRun(), new CliRun());
        Assert.Equal(ExitCode.Success, await help.LineAsync(line));
        await option.LineAsync(same);
        Assert.Equal(option.Output, help.Output);
    }

    [Fact]
    public async Task No_message_for_a_wrong_value_names_a_type_of_DotNet()
    {
        var root = Hbg.Build(new CliRun().Environment());
        foreach (var (command, path) in Commands(root, []))
        {
            foreach (var option in command.Options.Where(o => o.Arity.MaximumNumberOfValues > 0))
            {
                var run = new CliRun();
                await run.RunAsync(new CancellationToken(canceled: true), [.. path, option.Name, "\u00bfvalue?"]);
                Assert.DoesNotContain("System.", run.Errors, StringComparison.Ordinal);
                Assert.DoesNotContain("Parameter", run.Errors, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("load --clients x", "--clients is 'x', but must be a whole number")]
    [InlineData("load --ramp x", "--ramp is 'x', but must be a number such as")]
    [InlineData("load --max-lost 1.5", "--max-lost is '1.5', but must be a whole number")]
    [InlineData("top --count 99999999999", "--count is '99999999999', but must be a whole number of at most 2147483647")]
    public async Task A_wrong_number_names_the_option_and_the_form(string line, string expected)
    {
        var run = new CliRun();
        Assert.Equal(ExitCode.Usage, await run.LineAsync(line));
        Assert.Contains(expected, run.Errors, StringComparison.Ordinal);
    }

    private static IEnumerable<(Command Command, string[] Path)> Commands(Command command, string[] path) =>
        command.Subcommands.SelectMany(c => Commands(c, [.. path, c.Name])).Append((Command: command, Path: path)).Where(c => c.Path.Length > 0);
}
