using System.CommandLine;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Bans;

/// <summary><c>hbg ban list</c>: the bans in force.</summary>
internal static class BanListCommand
{
    private static readonly IReadOnlyList<TextColumn<Ban>> Columns =
    [
        new("ID", b => Facts.Text(b.Id)),
        new("KIND", b => Facts.Text(b.Kind)),
        new("VALUE", b => Facts.Text(b.Value)),
        new("EXPIRES", b => b.ExpiresAt is null ? "never" : Facts.Time(b.ExpiresAt), 2),
        new("REFUSED", b => Facts.Number(b.Refused), 3, IsRight: true),
        new("MATCHES", b => Facts.Number(b.MatchingCount), 3, IsRight: true),
        new("BY", b => b.IsAutomatic == true ? "automatic" : Facts.Text(b.CreatedBy), 4),
        new("CREATED", b => Facts.Time(b.CreatedAt), 5),
        new("COMMENT", b => Facts.Text(b.Comment), 1),
    ];

    public static Command Create(CliEnvironment environment) => new ApiCommand(
        "list",
        "Lists the bans in force, how many connections each has refused, and how many connected clients it matches now.",
        ApiCommand.OneDocument,
        "hbg ban list").Runs(environment, async run =>
    {
        var answer = await run.Api.GetAsync("bans", run.Cancellation);
        var bans = run.Api.Read(answer, ApiJson.Default.BanListing).Bans ?? throw run.Api.Malformed("without 'bans'");
        if (run.IsJson) await run.WriteAsync(ApiJson.Line(answer));
        else if (bans.Count == 0) await run.NoteAsync("there are no bans.");
        else foreach (var line in new TextTable<Ban>(Columns, run.Environment.OutputWidth()).Lines(bans)) await run.WriteAsync(line);
        return ExitCode.Success;
    });
}
