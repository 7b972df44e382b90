using System.CommandLine;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Events;

/// <summary><c>hbg events</c>: follows who connects and disconnects.</summary>
internal static class EventsCommand
{
    public static Command Create(CliEnvironment environment)
    {
        var since = new SinceOption();
        var ids = Repeatable.Option("--id", "Shows only this client.", "id");
        var prefix = new Option<string?>("--prefix") { Description = "Shows only client ids with this beginning.", HelpName = "text" };
        var names = Repeatable.Option("--event", $"Shows only {ApiNames.Choice(ApiNames.Events)}.", "name");
        names.AcceptOnlyFromAmong(ApiNames.Events);
        var count = new Option<int?>("--count") { Description = "Ends after this number of shown events.", HelpName = "number" };
        var command = new ApiCommand(
            "events",
            "Follows who connects and disconnects, in a cluster at all nodes, until Ctrl+C. After a lost connection it resumes after the last event; a gap is reported when the gateway no longer has it.",
            "Writes one JSON object per line: that of the gateway with event and id before it; event is gap where events are missing.",
            "hbg events --prefix pump",
            "hbg events --event disconnected --json",
            "hbg events --since a0c44f23176a88fb-18250");
        since.AddTo(command);
        command.AddAll(ids, prefix, names, count);
        return command.Runs(environment, async run =>
        {
            var p = run.Parsed;
            if (p.GetValue(count) is <= 0) throw new CliException(ExitCode.Usage, "--count must be 1 or more.");
            var after = since.Read(p);
            var selection = new EventSelection(p.GetValue(ids) ?? [], p.GetValue(prefix), p.GetValue(names) ?? [], p.GetValue(count));
            return await new EventFollower(run.Api, environment.Time, new EventView(run, selection)).FollowAsync(after, run.Cancellation);
        });
    }
}
