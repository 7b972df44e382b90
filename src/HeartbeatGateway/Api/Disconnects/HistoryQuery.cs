using System.Net;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Disconnects;

namespace HeartbeatGateway.Api.Disconnects;

/// <summary>A question for a page of disconnects. Each condition that is set must hold.</summary>
internal sealed record HistoryQuery
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 1000;

    /// <summary>Client ids, any of which; empty: all disconnects, those without an identity included.</summary>
    public required IReadOnlyCollection<string> Ids { get; init; }

    public required string? Prefix { get; init; }

    public required IPNetwork? Address { get; init; }

    public required string? Key { get; init; }

    public required CloseReason? Reason { get; init; }

    public required DisconnectOrigin? Origin { get; init; }

    public required TimeoutCause? Cause { get; init; }

    public required DateTimeOffset? EndedBefore { get; init; }

    public required DateTimeOffset? EndedAfter { get; init; }

    /// <summary>The largest number of disconnects on the page.</summary>
    public required int Limit { get; init; }

    /// <summary>The number of the last disconnect on the page before; null for the first page.</summary>
    public required long? Before { get; init; }

    public bool Matches(DisconnectRecord record) =>
        (Before is null || record.Number < Before)
        && (Ids.Count == 0 || (record.ClientId is { } id && Ids.Contains(id)))
        && (Prefix is null || record.ClientId?.StartsWith(Prefix, StringComparison.Ordinal) == true)
        && (Key is null || record.KeyId == Key)
        && (Reason is null || record.Reason == Reason)
        && (Origin is null || record.Origin == Origin)
        && (Cause is null || record.PostMortem?.Cause == Cause)
        && (EndedBefore is null || record.Time < EndedBefore)
        && (EndedAfter is null || record.Time > EndedAfter)
        && (Address is not { } network || ClientFilter.IsIn(network, record.RemoteEndPoint));
}
