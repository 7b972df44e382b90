using System.CommandLine;
using System.Text;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Tests;

/// <summary>docs/hbg.md and the package's README: they are complete, and their examples produce the documented output.</summary>
public sealed class DocumentTests
{
    private const string Document = "docs/hbg.md";

    public static TheoryData<string> Documents => [Document, "src/HeartbeatGateway.Cli/README.md"];

    [Fact]
    public void The_document_names_every_command_and_every_option()
    {
        var document = Repository.File(Document);
        var missing = Commands(Root(), "hbg").SelectMany(c => c.Command.Options
            .Where(o => o.Name is not ("--help" or "--version"))
            .SelectMany(o => o.Aliases.Append(o.Name))
            .Where(name => !document.Contains($"`{name}`", StringComparison.Ordinal) && !document.Contains($"`{name} ", StringComparison.Ordinal))
            .Append(c.Command.Subcommands.Count > 0 || document.Contains($"`{c.Path}`", StringComparison.Ordinal) ? null : c.Path)
            .OfType<string>());
        Assert.Empty(missing);
    }

    [Fact]
    public void The_document_lists_the_exit_codes_with_their_meanings() =>
        Assert.All(ExitCodes.All, c => Assert.Contains($"| {(int)c.Code} | {c.Meaning} |\n", Repository.File(Document), StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Examples_produce_the_documented_output(string path)
    {
        var count = 0;
        foreach (var block in Blocks(Repository.File(path)))
        {
            var code = ExitCode.Success;
            foreach (var (command, shown) in Examples(block))
            {
                if (command == "echo $?")
                {
                    Assert.Equal($"{(int)code}\n", shown);
                    continue;
                }

                (code, var output) = await RunAsync(command);
                Assert.Equal(shown, output);
                count++;
            }
        }

        Assert.True(count > 1, $"{path} has {count} examples");
    }

    private static RootCommand Root() => Hbg.Build(new CliEnvironment
    {
        Input = Stream.Null,
        IsInputTerminal = false,
        Out = TextWriter.Null,
        RawOut = Stream.Null,
        IsOutputTerminal = false,
        Error = TextWriter.Null,
        IsErrorTerminal = false,
        Time = TimeProvider.System,
        Variable = _ => null,
    });

    private static IEnumerable<(Command Command, string Path)> Commands(Command command, string path) =>
        command.Subcommands.SelectMany(c => Commands(c, $"{path} {c.Name}")).Prepend((command, path));

    private static IEnumerable<string> Blocks(string document) =>
        document.Split("```console\n").Skip(1).Select(b => b[..b.IndexOf("```", StringComparison.Ordinal)]);

    private static IEnumerable<(string Command, string Shown)> Examples(string block) =>
        ("\n" + block).Split("\n$ ").Skip(1).Select(e => e.Split('\n', 2)).Select(e => (e[0], e[1].Length == 0 || e[1].EndsWith('\n') ? e[1] : e[1] + "\n"));

    /// <summary>Runs a pipeline of commands.</summary>
    private static async Task<(ExitCode Code, string Output)> RunAsync(string line)
    {
        var (code, output) = (ExitCode.Success, "");
        foreach (var command in line.Split(" | "))
        {
            var words = Words(command);
            Assert.Equal("hbg", words[0]);
            var run = new CliRun { Input = new MemoryStream(Encoding.UTF8.GetBytes(output)), Http = Api.Contract.Gateway };
            code = await run.RunAsync([.. words.Skip(1)]);
            Assert.Empty(run.Errors);
            output = run.Output;
        }

        return (code, output);
    }

    private static List<string> Words(string command)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var isQuoted = false;
        foreach (var character in command + " ")
        {
            if (character == '"') isQuoted = !isQuoted;
            else if (character != ' ' || isQuoted) word.Append(character);
            else if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }

        return words;
    }
}
