namespace HeartbeatGateway.Cli.Api.Models;

/// <summary>Which connections to close, and how. One of ids, connectionIds and filter.</summary>
internal sealed record DisconnectBody
{
    public IReadOnlyList<string>? Ids { get; init; }

    public IReadOnlyList<string>? ConnectionIds { get; init; }

    public FilterBody? Filter { get; init; }

    /// <summary>In a cluster: the only node that is asked; null for all.</summary>
    public string? Node { get; init; }

    public string? Reason { get; init; }

    public bool? Retry { get; init; }

    public long? AfterMs { get; init; }

    public bool DryRun { get; init; }
}

/// <summary>Conditions, as in the query of the list of clients.</summary>
internal sealed record FilterBody(
    string? Prefix, string? Address, string? State, string? Key, string? ConnectedBefore, string? ConnectedAfter, double? IdleLongerThan);

/// <summary>What became of the connections; at most 1,000 results are listed.</summary>
internal sealed record DisconnectResults(int Matched, int Closed, IReadOnlyList<DisconnectResult>? Results);

/// <summary>What became of one connection: closed, gone, matched in a dry run, or why its node did not answer.</summary>
internal sealed record DisconnectResult(string? ConnectionId, string? ClientId, string? Result, string? Node);
