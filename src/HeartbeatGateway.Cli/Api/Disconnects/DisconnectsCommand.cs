using System.CommandLine;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Disconnects;

/// <summary><c>hbg disconnects</c>: which connections ended, and why.</summary>
internal static class DisconnectsCommand
{
    private const int DefaultLimit = 100;

    public static Listing<DisconnectEntry> List { get; } = new("disconnects", "disconnects", "disconnect", ApiJson.Default.DisconnectEntry,
    [
        new("TIME", d => Facts.Time(d.Time)),
        new("CLIENT", d => Facts.Client(d.ClientId, d.ConnectionId)),
        new("NODE", d => Facts.Text(d.Node), 1, IsOptional: true),
        new("REASON", d => Facts.Text(d.Reason)),
        new("BY", d => Facts.Text(d.Origin), 1),
        new("CAUSE", d => Facts.Text(d.PostMortem?.Cause), 1),
        new("CONNECTED", d => Facts.Seconds(d.DurationSeconds), 2, IsRight: true),
        new("SILENT", d => Facts.Seconds(d.PostMortem?.SilentSeconds), 3, IsRight: true),
        new("LIMIT", d => Facts.Seconds(d.PostMortem?.LimitSeconds), 4, IsRight: true),
        new("ADDRESS", d => Facts.EndPoint(d.Address, d.Port), 5),
        new("KEY", d => Facts.Text(d.KeyId), 6),
        new("CONNECTION", d => Facts.Text(d.ConnectionId), 7, IsRight: true),
    ]);

    public static Command Create(CliEnvironment environment)
    {
        var ids = Repeatable.Option("--id", "A client id.", "id");
        var prefix = new Option<string?>("--prefix") { Description = "The beginning of the client id.", HelpName = "text" };
        var address = new Option<string?>("--address") { Description = "The address of the client, or its network, such as 192.0.2.0/24.", HelpName = "cidr" };
        var key = new Option<string?>("--key-id") { Description = "The id of the key that the client signed with.", HelpName = "id" };
        var reason = new Option<string?>("--reason") { Description = "The close reason, as logs and metrics name it, such as reader_idle.", HelpName = "name" };
        var origin = new Option<string?>("--origin") { Description = $"Whose doing it was: {ApiNames.Choice(ApiNames.Origins)}.", HelpName = "origin" };
        origin.AcceptOnlyFromAmong(ApiNames.Origins);
        var cause = new Option<string?>("--cause") { Description = $"Timeouts: {ApiNames.Choice(ApiNames.Causes)}.", HelpName = "cause" };
        cause.AcceptOnlyFromAmong(ApiNames.Causes);
        var since = Moment.Option("--since", "Ended after this time.");
        var until = Moment.Option("--until", "Ended before this time.");
        var node = NodeOption.Create();
        var limits = new LimitOptions(DefaultLimit);
        var command = new ApiCommand(
            "disconnects",
            "Lists ended connections, the newest first: when, why, whose doing it was and, for timeouts, the probable cause. The gateway keeps the latest 10,000.",
            ApiCommand.Lines,
            "hbg disconnects --since 1h",
            "hbg disconnects --since 03:00 --until 03:20 --prefix pump",
            "hbg disconnects --cause network_loss --all --json");
        command.AddAll(ids, prefix, address, key, reason, origin, cause, since, until, node);
        limits.AddTo(command);
        return command.Runs(environment, async run =>
        {
            var p = run.Parsed;
            var query = new ApiQuery().Add("id", p.GetValue(ids) ?? []).Add("prefix", p.GetValue(prefix)).Add("address", p.GetValue(address)).Add("key", p.GetValue(key))
                .Add("reason", p.GetValue(reason)).Add("origin", p.GetValue(origin)).Add("cause", p.GetValue(cause))
                .Add("endedAfter", Moment.Read(p, since, run.Now)).Add("endedBefore", Moment.Read(p, until, run.Now)).Add("node", p.GetValue(node));
            await List.WriteAsync(run, query, limits.Read(p));
            return ExitCode.Success;
        });
    }
}
