using System.CommandLine;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Events;

/// <summary><c>hbg deliveries</c>: follows what becomes of messages that clients acknowledge.</summary>
internal static class DeliveriesCommand
{
    public static Command Create(CliEnvironment environment)
    {
        var since = new SinceOption();
        var ids = Repeatable.Option("--id", "Shows only messages for this client.", "id");
        var results = Repeatable.Option("--result", $"Shows only {ApiNames.Choice(ApiNames.Deliveries)}.", "name");
        results.AcceptOnlyFromAmong(ApiNames.Deliveries);
        var count = new Option<int?>("--count") { Description = "Ends after this number of shown results.", HelpName = "number" };
        var command = new ApiCommand(
            "deliveries",
            "Follows what becomes of messages that clients acknowledge, until Ctrl+C. After a lost connection it resumes; a gap is reported when the gateway no longer has what lies between.",
            "Writes one JSON object per line: that of the gateway with event and id before it; event is gap where results are missing.",
            "hbg deliveries --id pump-17",
            "hbg deliveries --result expired --json");
        since.AddTo(command);
        command.AddAll(ids, results, count);
        return command.Runs(environment, async run =>
        {
            var p = run.Parsed;
            if (p.GetValue(count) is <= 0) throw new CliException(ExitCode.Usage, "--count must be 1 or more.");
            var after = since.Read(p);
            var view = new DeliveryView(run, p.GetValue(ids) ?? [], p.GetValue(results) ?? [], p.GetValue(count));
            return await new EventFollower(run.Api, environment.Time, view, "deliveries").FollowAsync(after, run.Cancellation);
        });
    }
}
