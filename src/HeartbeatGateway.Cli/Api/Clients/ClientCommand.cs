using System.CommandLine;
using System.Text.Json;
using HeartbeatGateway.Cli.Api.Disconnects;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Clients;

/// <summary><c>hbg client ID</c>: one client, connected or not, and why it disconnected before.</summary>
internal static class ClientCommand
{
    private const int DefaultDisconnects = 5;
    private const int MaxDisconnects = 1000;

    public static Command Create(CliEnvironment environment)
    {
        var id = new Argument<string?>("id") { Description = "The client id, or the number of a connection, as #12.", Arity = ArgumentArity.ZeroOrOne };
        DidYouMean.RefuseOptions(id);
        var connection = new Option<string?>("--connection")
        {
            Description = "The number of a connection, as logs and lists name it, instead of a client id.",
            HelpName = "number",
        };
        var node = NodeOption.Create("With --connection, in a cluster: the node of the connection, by its name or epoch. Default: the one that is asked.");
        var count = new Option<int>("--disconnects")
        {
            Description = "How many of its latest disconnects are shown, at most 1000; 0 for none.",
            HelpName = "number",
            DefaultValueFactory = _ => DefaultDisconnects,
        };
        var command = new ApiCommand(
            "client",
            "Shows one client: its connection, heartbeat gaps, TCP measurements, and why its latest connections ended. A full bar in the plot of the gaps is the timeout.",
            "Writes one JSON document with client and disconnects; each is null when the gateway does not have it.",
            "hbg client pump-17",
            "hbg client --connection 4711",
            "hbg client pump-17 --disconnects 20");
        command.Add(id);
        command.AddAll(connection, node, count);
        return command.Runs(environment, async run =>
        {
            var (client, number, most) = (run.Parsed.GetValue(id), run.Parsed.GetValue(connection)?.TrimStart('#'), run.Parsed.GetValue(count));
            // Lists show a connection without a client id by its number, as #12; no client id has such a character.
            if (client is ['#', .. var digits] && number is null) (client, number) = (null, digits);
            if (client is null == number is null) throw new CliException(ExitCode.Usage, "give either a client id or --connection.");
            var at = run.Parsed.GetValue(node);
            if (at is not null && number is null) throw new CliException(ExitCode.Usage, "--node goes with --connection; a client id is found on whatever node.");
            if (most is < 0 or > MaxDisconnects) throw new CliException(ExitCode.Usage, $"--disconnects must be between 0 and {MaxDisconnects}.");
            return await ShowAsync(run, client, number, new ApiQuery().Add("node", at), most);
        });
    }

    private static async Task<ExitCode> ShowAsync(ApiRun run, string? client, string? number, ApiQuery node, int most)
    {
        var (now, gone) = await FindAsync(run, client is null ? $"connections/{Uri.EscapeDataString(number!)}{node}" : $"clients/{Uri.EscapeDataString(client)}");
        var details = now is { } found ? run.Api.Read(found, ApiJson.Default.ClientDetails) : null;
        client ??= details?.Connection?.ClientId;
        var (ended, missing) = client is null || most == 0 ? (null, null) : await EndedAsync(run, client, most);
        if (run.IsJson)
        {
            var connected = now is { } c ? ApiJson.Line(c) : "null";
            var disconnects = ended is null ? "null" : $"[{string.Join(',', ended.Select(ApiJson.Line))}]";
            await run.WriteAsync($$"""{"client":{{connected}},"disconnects":{{disconnects}}}""");
        }
        else
        {
            if (details is not null)
            {
                foreach (var line in ClientText.Lines(details)) await run.WriteAsync(line);
            }

            await WriteEndedAsync(run, ended);
        }

        if (missing is not null) await run.NoteAsync(missing);
        if (gone is not null) await run.NoteAsync(gone);
        return gone is null ? ExitCode.Success : ExitCode.NotFound;
    }

    private static async Task WriteEndedAsync(ApiRun run, IReadOnlyList<JsonElement>? ended)
    {
        if (ended is null) return;
        await run.WriteAsync(ended.Count == 0 ? "no disconnects are kept" : "latest disconnects");
        foreach (var line in ended.SelectMany(e => DisconnectText.Lines(run.Api.Read(e, ApiJson.Default.DisconnectEntry)))) await run.WriteAsync(line);
    }

    private static async Task<(JsonElement? Found, string? Gone)> FindAsync(ApiRun run, string path)
    {
        try
        {
            return (await run.Api.GetAsync(path, run.Cancellation), null);
        }
        catch (ApiException e) when (e.Code == ExitCode.NotFound)
        {
            return (null, e.Message);
        }
    }

    private static async Task<(IReadOnlyList<JsonElement>? Ended, string? Missing)> EndedAsync(ApiRun run, string client, int most)
    {
        try
        {
            List<JsonElement> ended = [];
            var silent = new HashSet<string>(StringComparer.Ordinal);
            await foreach (var page in DisconnectsCommand.List.PagesAsync(run.Api, new ApiQuery().Add("id", client), most, run.Cancellation))
            {
                ended.AddRange(page.Items);
                silent.UnionWith(page.Incomplete);
            }

            return (ended, Incomplete.Describe(silent, "their disconnects are missing"));
        }
        catch (ApiException e) when (e.IsEndpointMissing)
        {
            return (null, "this gateway is too old to keep disconnects; its log has them.");
        }
    }
}
