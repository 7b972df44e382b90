using System.CommandLine;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Api.Clients;

/// <summary><c>hbg clients</c>: lists who is connected.</summary>
internal static class ClientsCommand
{
    private const int DefaultLimit = 100;

    /// <summary>Sorts whose interesting end is the beginning; for all others it is the largest value.</summary>
    private static readonly string[] AscendingSorts = ["connectedAt", "lastReceived"];

    private static readonly string[] Sorts = [.. AscendingSorts, "idle", "rtt", "retransmits", "heartbeatJitter", "pendingBytes", "reconnects", "bytes"];

    public static Listing<ClientEntry> List { get; } = new("clients", "clients", "client", ApiJson.Default.ClientEntry, ClientColumns.All);

    public static Command Create(CliEnvironment environment)
    {
        var ids = new Option<string[]>("--id")
        {
            Description = "A client id. Repeatable.",
            HelpName = "id",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        var filter = new ClientFilterOptions();
        var sort = new Option<string>("--sort") { Description = $"The order: {string.Join(", ", Sorts)}.", HelpName = "name", DefaultValueFactory = _ => "connectedAt" };
        sort.AcceptOnlyFromAmong(Sorts);
        var order = new Option<string?>("--order") { Description = "asc or desc. Default: desc, and asc for connectedAt and lastReceived.", HelpName = "order" };
        order.AcceptOnlyFromAmong("asc", "desc");
        var node = NodeOption.Create();
        var limits = new LimitOptions(DefaultLimit);
        var command = new ApiCommand(
            "clients",
            "Lists who is connected: address, age, idle time, round-trip time, retransmits. Connections without a client id are shown by their number, as #12.",
            ApiCommand.Lines,
            "hbg clients --prefix pump",
            "hbg clients --sort rtt --limit 10",
            "hbg clients --idle-longer-than 5s --address 192.0.2.0/24",
            "hbg clients --all --json");
        command.Add(ids);
        filter.AddTo(command);
        command.AddAll(sort, order, node);
        limits.AddTo(command);
        return command.Runs(environment, async run =>
        {
            var by = run.Parsed.GetRequiredValue(sort);
            var direction = run.Parsed.GetValue(order) ?? (AscendingSorts.Contains(by, StringComparer.Ordinal) ? "asc" : "desc");
            var query = filter.AddTo(new ApiQuery().Add("id", run.Parsed.GetValue(ids) ?? []), run).Add("sort", by).Add("order", direction).Add("node", run.Parsed.GetValue(node));
            await List.WriteAsync(run, query, limits.Read(run.Parsed));
            return ExitCode.Success;
        });
    }
}
