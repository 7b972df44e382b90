using System.CommandLine;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Draining;

/// <summary><c>hbg drain start</c>: starts a drain, and with <c>--wait</c> shows its progress until it is done.</summary>
internal static class DrainStartCommand
{
    /// <summary>A gateway that does not answer for so many polls is given up.</summary>
    private const int MaxFailedPolls = 5;

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    public static Command Create(CliEnvironment environment)
    {
        var duration = Duration.Optional("--duration", "The time over which the connections are closed. Default: Gateway:Draining:Duration of the gateway.");
        var wait = new Option<bool>("--wait") { Description = "Shows the progress each second, and ends when the drain is done. Ctrl+C ends hbg, not the drain." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Does not ask." };
        var command = new ApiCommand(
            "start",
            "Starts a drain. On a terminal it shows how many clients are connected and asks first.",
            "Writes one JSON object per line: the state at the start and, with --wait, after each second.",
            "hbg drain start --duration 2m --wait",
            "hbg drain start --yes");
        command.AddAll(duration, wait, yes);
        return command.Runs(environment, async run =>
        {
            if (!run.Parsed.GetValue(yes) && Confirmation.CanAsk(environment))
            {
                var status = run.Api.Read(await run.Api.GetAsync("status", run.Cancellation), ApiJson.Default.GatewayStatus);
                await Confirmation.AskAsync(run, $"Close all {Plural.Of(status.OpenConnections ?? 0, "connection")} of {run.Api.Address.Authority}?");
            }

            var answer = await run.Api.SendAsync(HttpMethod.Post, DrainCommand.Path, new DrainBody(run.Parsed.GetValue(duration)?.TotalSeconds), ApiJson.Default.DrainBody, run.Cancellation);
            await DrainCommand.ShowAsync(run, answer);
            return run.Parsed.GetValue(wait) ? await FollowAsync(run) : ExitCode.Success;
        });
    }

    private static async Task<ExitCode> FollowAsync(ApiRun run)
    {
        using var ticks = new PeriodicTimer(PollInterval, run.Environment.Time);
        var failed = 0;
        while (await ticks.WaitForNextTickAsync(run.Cancellation))
        {
            try
            {
                var answer = await run.Api.GetAsync(DrainCommand.Path, run.Cancellation);
                failed = 0;
                await DrainCommand.ShowAsync(run, answer);
                switch (run.Api.Read(answer, ApiJson.Default.DrainState).State)
                {
                    case "drained": return ExitCode.Success;
                    case "none": throw new CliException(ExitCode.Refused, "the drain was cancelled.");
                    default: break;
                }
            }
            catch (ApiException e) when (e.IsTransient && ++failed < MaxFailedPolls)
            {
                await run.NoteAsync(e.Message);
            }
        }

        return ExitCode.Success;
    }
}
