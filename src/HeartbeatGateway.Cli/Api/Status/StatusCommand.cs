using System.CommandLine;
using HeartbeatGateway.Cli.Api.Clients;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Status;

/// <summary><c>hbg status</c>: the gateway in a few lines, and what the caller may do.</summary>
internal static class StatusCommand
{
    public static Command Create(CliEnvironment environment) => new ApiCommand(
        "status",
        "Shows the version, uptime and number of clients of a gateway, and what the key in use allows.",
        ApiCommand.OneDocument,
        "hbg status",
        "HBG_KEY_FILE=/run/secrets/operator hbg status --gateway https://gateway.example").Runs(environment, async run =>
    {
        var answer = await run.Api.GetAsync("status", run.Cancellation);
        var s = run.Api.Read(answer, ApiJson.Default.GatewayStatus);
        if (s.ConnectedClients is null) throw run.Api.Malformed("without 'connectedClients'");
        if (run.IsJson)
        {
            await run.WriteAsync(ApiJson.Line(answer));
            return ExitCode.Success;
        }

        await run.WriteAsync($"HeartbeatGateway {Facts.Text(s.Version?.Split('+')[0])} at {run.Api.Address.ToString().TrimEnd('/')}{(s.IsStopping == true ? ", STOPPING" : s.IsDraining == true ? ", DRAINING" : "")}");
        await run.WriteAsync(ClientText.Fact("up", $"{Facts.Seconds(s.UptimeSeconds)}, since {Facts.Time(s.StartedAt)}"));
        await run.WriteAsync(ClientText.Fact("clients", $"{Facts.Number(s.ConnectedClients)} connected; {Facts.Number(s.OpenConnections)} open connections"));
        if (s.Cluster is { } cluster)
        {
            await run.WriteAsync(ClientText.Fact("cluster", $"{Facts.Number(cluster.ConnectedClients)} clients at {Facts.Number(cluster.Nodes)} nodes; this is {Facts.Text(cluster.Node)}"
                + (cluster.IsDegraded == true ? ", WITHOUT REDIS" : "")));
        }

        await run.WriteAsync(ClientText.Fact("events", $"{Facts.Number(s.Watermark)} so far"));
        await run.WriteAsync(ClientText.Fact("caller", $"{Facts.Text(s.Caller)}, scope {Facts.Text(s.Scope)}"));
        if (Incomplete.Describe([.. s.Cluster?.Incomplete ?? []], "their clients are not in the sum") is { } missing) await run.NoteAsync(missing);
        return ExitCode.Success;
    });
}
