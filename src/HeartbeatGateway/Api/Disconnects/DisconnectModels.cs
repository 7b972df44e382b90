using System.Text.Json.Serialization;

namespace HeartbeatGateway.Api.Disconnects;

/// <summary>Which connections to close, and how. Exactly one of ids, connectionIds and filter.</summary>
internal sealed record DisconnectBody
{
    /// <summary>Client ids, 1 to 1000.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary>Connections, 1 to 1000, as logs and lists name them.</summary>
    public IReadOnlyList<string>? ConnectionIds { get; init; }

    /// <summary>Conditions, as in the list of clients. An empty one chooses nothing.</summary>
    public FilterBody? Filter { get; init; }

    /// <summary>kicked (default): the client may reconnect. banned: it must not.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether the client may reconnect. Default: unless it is banned.</summary>
    public bool? Retry { get; init; }

    /// <summary>The client is to reconnect after this time, in milliseconds, up to a day.</summary>
    public long? AfterMs { get; init; }

    /// <summary>In a cluster: the name or epoch of the only node that is asked. Connections without it are those of the node that gets the request.</summary>
    public string? Node { get; init; }

    /// <summary>Closes nothing, and tells whom it would close.</summary>
    public bool DryRun { get; init; }
}

/// <summary>A filter in a body: as the query of the list of clients.</summary>
internal sealed record FilterBody(
    string? Prefix, string? Address, string? State, string? Key, string? ConnectedBefore, string? ConnectedAfter, double? IdleLongerThan);

/// <summary>What became of one connection.</summary>
/// <param name="ConnectionId">The connection; null for a client that is not connected.</param>
/// <param name="ClientId">The client; null while it is anonymous.</param>
/// <param name="Result">closed, gone, or matched in a dry run. In a cluster also node_unreachable: nothing was done; unknown: the node may have closed it; node_failed.</param>
/// <param name="Node">In a cluster: the node that it was connected to.</param>
internal sealed record DisconnectResult(string? ConnectionId, string? ClientId, string Result, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Node = null);

/// <summary>What became of the connections.</summary>
/// <param name="Matched">How many were chosen.</param>
/// <param name="Closed">How many were closed.</param>
/// <param name="Results">The first 1000.</param>
/// <param name="Incomplete">In a cluster: the nodes that did not answer; <c>*</c> while the nodes are not known.</param>
internal sealed record DisconnectResults(
    int Matched, int Closed, IReadOnlyList<DisconnectResult> Results, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Incomplete = null);
