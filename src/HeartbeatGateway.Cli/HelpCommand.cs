using System.CommandLine;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli;

/// <summary><c>hbg help COMMAND</c>: the same as <c>hbg COMMAND --help</c>.</summary>
internal static class HelpCommand
{
    public static Command Create(RootCommand root, CliEnvironment environment)
    {
        var path = new Argument<string[]>("command") { Description = "The command. Default: hbg itself.", Arity = ArgumentArity.ZeroOrMore };
        path.CompletionSources.Add(_ => root.Subcommands.Select(c => new System.CommandLine.Completions.CompletionItem(c.Name)));
        var command = new Command("help", "Shows the help of a command, as --help does.") { path };
        command.SetAction(async (parsed, cancellation) =>
        {
            Command at = root;
            foreach (var word in parsed.GetValue(path) ?? [])
            {
                at = at.Subcommands.FirstOrDefault(c => c.Name == word)
                    ?? throw new CliException(ExitCode.Usage, $"'{word}' is not a command of {DidYouMean.Path(at)}.{DidYouMean.Advice(word, at)}");
            }

            return (int)await Hbg.RunAsync([.. DidYouMean.Path(at).Split(' ').Skip(1), "--help"], environment, cancellation);
        });
        return command;
    }
}
