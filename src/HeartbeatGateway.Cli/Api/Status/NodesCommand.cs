using System.CommandLine;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Status;

/// <summary><c>hbg nodes</c>: the gateways of a cluster.</summary>
internal static class NodesCommand
{
    private static readonly IReadOnlyList<TextColumn<NodeEntry>> Columns =
    [
        new("NODE", n => Facts.Text(n.Name)),
        new("STATE", n => n.IsAnswering == false ? "NO ANSWER" : n.IsDraining == true ? "draining" : "serving"),
        new("CLIENTS", n => Facts.Number(n.ConnectedClients), IsRight: true),
        new("OPEN", n => Facts.Number(n.OpenConnections), 2, IsRight: true),
        new("STARTED", n => Facts.Time(n.StartedAt), 3),
        new("VERSION", n => Facts.Text(n.Version?.Split('+')[0]), 4),
        new("EPOCH", n => Facts.Text(n.Epoch), 5),
        new("", n => n.IsSelf == true ? "(asked)" : "", 1),
    ];

    public static Command Create(CliEnvironment environment) => new ApiCommand(
        "nodes",
        "Lists the nodes of a cluster with their figures. A gateway without a cluster is its only node.",
        ApiCommand.OneDocument,
        "hbg nodes").Runs(environment, async run =>
    {
        var answer = await run.Api.GetAsync("nodes", run.Cancellation);
        var listing = run.Api.Read(answer, ApiJson.Default.NodeListing);
        var nodes = listing.Nodes ?? throw run.Api.Malformed("without 'nodes'");
        if (run.IsJson) await run.WriteAsync(ApiJson.Line(answer));
        else
        {
            foreach (var line in new TextTable<NodeEntry>(Columns, run.Environment.OutputWidth()).Lines(nodes)) await run.WriteAsync(line);
        }

        if (listing.IsDegraded == true) await run.NoteAsync("the gateway cannot reach Redis: these are the nodes that it knew last, and there may be others.");
        return ExitCode.Success;
    });
}
