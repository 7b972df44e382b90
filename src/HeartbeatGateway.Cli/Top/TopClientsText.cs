using HeartbeatGateway.Cli.Api.Clients;
using HeartbeatGateway.Cli.Api.Disconnects;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;

namespace HeartbeatGateway.Cli.Top;

/// <summary>The clients that stand out, as lines of text.</summary>
internal static class TopClientsText
{
    public static IEnumerable<string> Lines(TopClients clients, int? width) => clients.Refusal is { } refusal
        ? [refusal]
        :
        [
            .. Section("longest round-trip time", clients.LongestRtt, ClientColumns.Few, width),
            .. Section("most retransmits", clients.MostRetransmits, ClientColumns.Few, width),
            .. Section("longest idle", clients.LongestIdle, ClientColumns.Few, width),
            .. Section<DisconnectEntry>("latest disconnects", clients.Disconnects ?? [], DisconnectsCommand.List.Columns, width),
        ];

    private static IEnumerable<string> Section<T>(string title, IReadOnlyList<T> rows, IReadOnlyList<TextColumn<T>> columns, int? width) => rows.Count == 0
        ? []
        : new TextTable<T>(columns, width - 2).Lines(rows).Select(line => $"  {line}").Prepend(title);
}
