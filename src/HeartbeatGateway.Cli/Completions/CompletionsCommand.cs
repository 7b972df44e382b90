using System.CommandLine;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Completions;

/// <summary><c>hbg completions</c>: a script that lets a shell complete hbg's command line.</summary>
internal static class CompletionsCommand
{
    public static Command Create(CliEnvironment surroundings)
    {
        var shell = new Argument<string>("shell") { Description = "The shell." };
        shell.AcceptOnlyFromAmong([.. CompletionScripts.Shells]);
        var command = new Command("completions", "Writes a completion script. bash: source <(hbg completions bash). zsh: the same, behind compinit. fish: hbg completions fish | source.") { shell };
        command.SetAction(async (parsed, _) =>
        {
            await surroundings.Out.WriteAsync(CompletionScripts.For(parsed.GetRequiredValue(shell)));
            return (int)ExitCode.Success;
        });
        return command;
    }
}
