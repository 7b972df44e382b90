using System.CommandLine;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Bans;

/// <summary><c>hbg ban remove</c>: ends bans.</summary>
internal static class BanRemoveCommand
{
    public static Command Create(CliEnvironment environment)
    {
        var ids = new Argument<string[]>("id") { Description = "The ids of the bans, as ban list shows them.", Arity = ArgumentArity.OneOrMore };
        DidYouMean.RefuseOptions(ids);
        var command = new ApiCommand(
            "remove",
            "Ends bans. Clients may connect again at once.",
            "Writes one JSON object per line, with the id of each ban that ended.",
            "hbg ban remove b-1f3a");
        command.Add(ids);
        return command.Runs(environment, async run =>
        {
            foreach (var id in run.Parsed.GetRequiredValue(ids))
            {
                await run.Api.DeleteAsync($"bans/{Uri.EscapeDataString(id)}", run.Cancellation);
                if (run.IsJson) await Json.WriteLineAsync(environment.Out, new { id, removed = true });
                else await run.WriteAsync($"removed {Printable.From(id)}");
            }

            return ExitCode.Success;
        });
    }
}
