using System.CommandLine;
using HeartbeatGateway.Cli.Api.Clients;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Options;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Disconnects;

/// <summary><c>hbg disconnect</c>: closes connections, by client id, by number, or by a filter.</summary>
internal static class DisconnectCommand
{
    private const int MaxIds = 1000;

    public static Command Create(CliEnvironment environment)
    {
        var ids = new IdOptions();
        var connections = Repeatable.Option("--connection", "The number of a connection, as logs and lists name it.", "number");
        var filter = new ClientFilterOptions();
        var node = NodeOption.Create("In a cluster: only at this node, by its name or epoch. Numbers of connections are those of a node: by default of the one that is asked.");
        var dryRun = new Option<bool>("--dry-run") { Description = "Closes nothing, and shows which connections it would close." };
        var reason = new Option<string>("--reason") { Description = "kicked: the client may reconnect. banned: it must not.", DefaultValueFactory = _ => "kicked" };
        reason.AcceptOnlyFromAmong("kicked", "banned");
        var retry = new Option<bool?>("--retry") { Description = "Whether the client may reconnect. Default: by the reason.", HelpName = "true|false" };
        var after = Duration.Optional("--after", "The client is to reconnect after this time, at most a day.");
        var yes = new Option<bool>("--yes", "-y") { Description = "Does not ask. Without a terminal, a filter needs it." };
        var command = new ApiCommand(
            "disconnect",
            "Closes connections: of client ids, by number, or all that match a filter. On a terminal it shows how many and asks first.",
            ApiCommand.OneDocument,
            "hbg disconnect pump-17",
            "hbg disconnect --prefix pump --dry-run",
            "hbg disconnect --address 192.0.2.0/24 --after 30s --yes");
        ids.AddTo(command);
        command.Add(connections);
        filter.AddTo(command);
        command.AddAll(node, dryRun, reason, retry, after, yes);
        return command.Runs(environment, async run =>
        {
            var p = run.Parsed;
            var body = Choose(ids.Read(p), [.. (p.GetValue(connections) ?? []).Select(c => c.TrimStart('#'))], filter.Read(run)) with
            {
                Node = p.GetValue(node),
                Reason = p.GetRequiredValue(reason),
                Retry = p.GetValue(retry),
                AfterMs = (long?)p.GetValue(after)?.TotalMilliseconds,
            };
            if (p.GetValue(dryRun)) return await ShowAsync(run, body with { DryRun = true });
            if (!p.GetValue(yes)) await ConfirmAsync(run, body);
            return await ShowAsync(run, body);
        });
    }

    private static DisconnectBody Choose(IReadOnlyList<string> ids, IReadOnlyList<string> connections, FilterBody? filter)
    {
        if ((ids.Count > 0 ? 1 : 0) + (connections.Count > 0 ? 1 : 0) + (filter is null ? 0 : 1) != 1)
        {
            throw new CliException(ExitCode.Usage, "give client ids, --connection, or a filter such as --prefix: exactly one of the three.");
        }

        if (Math.Max(ids.Count, connections.Count) > MaxIds)
        {
            throw new CliException(ExitCode.Usage, $"at most {MaxIds} ids can be given at once; a filter has no such limit.");
        }

        return new DisconnectBody { Ids = ids.Count > 0 ? ids : null, ConnectionIds = connections.Count > 0 ? connections : null, Filter = filter };
    }

    private static async Task ConfirmAsync(ApiRun run, DisconnectBody body)
    {
        if (!Confirmation.CanAsk(run.Environment))
        {
            if (body.Filter is null) return;
            throw new CliException(ExitCode.Usage, "a filter can close many connections: without a terminal to ask, add --yes, or --dry-run to see which ones.");
        }

        var results = await CallAsync(run, body with { DryRun = true });
        var names = string.Join(", ", (results.Results ?? []).Where(r => r.Result != "gone").Take(5).Select(r => Facts.Client(r.ClientId, r.ConnectionId)));
        if (results.Matched > 0) await Confirmation.AskAsync(run, $"Close {Plural.Of(results.Matched, "connection")} as {body.Reason} ({names}{(results.Matched > 5 ? ", …" : "")})?");
    }

    private static async Task<DisconnectResults> CallAsync(ApiRun run, DisconnectBody body) =>
        run.Api.Read(await run.Api.SendAsync(HttpMethod.Post, "disconnect", body, ApiJson.Default.DisconnectBody, run.Cancellation), ApiJson.Default.DisconnectResults);

    private static async Task<ExitCode> ShowAsync(ApiRun run, DisconnectBody body)
    {
        var answer = await run.Api.SendAsync(HttpMethod.Post, "disconnect", body, ApiJson.Default.DisconnectBody, run.Cancellation);
        var results = run.Api.Read(answer, ApiJson.Default.DisconnectResults);
        if (run.IsJson) await run.WriteAsync(ApiJson.Line(answer));
        else
        {
            foreach (var r in results.Results ?? []) await run.WriteAsync($"{Facts.Text(r.Result),-8} {Facts.Client(r.ClientId, r.ConnectionId)}{(r.Node is null ? "" : $" at {Facts.Text(r.Node)}")}");
            if (results.Results?.Count < results.Matched) await run.WriteAsync($"… and {results.Matched - results.Results.Count} more");
            await run.WriteAsync(body.DryRun ? $"{Plural.Of(results.Matched, "connection")} would be closed" : $"{Plural.Of(results.Closed, "connection")} closed");
        }

        if (Incomplete.Describe([.. Incomplete.Of(answer)], "it is not known whether their connections are closed") is { } missing)
        {
            await run.NoteAsync(missing);
            return ExitCode.Refused;
        }

        // A node that did not answer has closed nothing, or it is not known.
        if (results.Results?.Any(r => r.Result is "node_unreachable" or "unknown" or "node_failed") == true) return ExitCode.Refused;
        // With a filter, a client that left meanwhile is no fault. One that is named should have been there.
        return body.Filter is null && results.Results?.Any(r => r.Result == "gone") == true ? ExitCode.NotFound : ExitCode.Success;
    }
}
