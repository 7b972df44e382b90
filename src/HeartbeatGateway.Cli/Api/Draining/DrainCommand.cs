using System.CommandLine;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Draining;

/// <summary><c>hbg drain</c>.</summary>
internal static class DrainCommand
{
    public const string Path = "drain";

    public static Command Create(CliEnvironment environment) => new("drain", "Moves all clients away from a gateway: it closes its connections one after another, and accepts no new ones.")
    {
        DrainStartCommand.Create(environment),
        new ApiCommand("status", "Shows how far a drain is.", ApiCommand.OneDocument, "hbg drain status").Runs(environment, async run =>
            await ShowAsync(run, await run.Api.GetAsync(Path, run.Cancellation))),
        new ApiCommand("cancel", "Ends a drain: the gateway accepts clients again.", ApiCommand.OneDocument, "hbg drain cancel").Runs(environment, async run =>
            await ShowAsync(run, await run.Api.DeleteAsync(Path, run.Cancellation))),
    };

    /// <summary>Writes the state that the gateway answered with.</summary>
    public static async Task<ExitCode> ShowAsync(ApiRun run, System.Text.Json.JsonElement answer)
    {
        var state = run.Api.Read(answer, ApiJson.Default.DrainState);
        await run.WriteAsync(run.IsJson ? ApiJson.Line(answer) : DrainText.Of(state));
        return ExitCode.Success;
    }
}
