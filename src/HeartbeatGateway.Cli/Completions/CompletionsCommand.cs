using System.CommandLine;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Completions;

/// <summary><c>hbg completions</c>: writes a script for command-line completion in a shell.</summary>
internal static class CompletionsCommand
{
    public static Command Create(CliEnvironment environment)
    {
        var shell = new Argument<string>("shell") { Description = "The shell." };
        shell.AcceptOnlyFromAmong([.. CompletionScripts.Shells]);
        var command = new Command(
            "completions",
            "Writes a completion script. bash: source <(hbg completions bash). zsh: source <(hbg completions zsh), after compinit. "
            + "fish: hbg completions fish | source.")
        { shell };
        command.SetAction(async (parsed, _) =>
        {
            await environment.Out.WriteAsync(CompletionScripts.For(parsed.GetRequiredValue(shell)));
            return (int)ExitCode.Success;
        });
        return command;
    }
}
