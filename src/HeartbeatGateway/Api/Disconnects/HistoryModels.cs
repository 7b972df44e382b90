using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Disconnects;

namespace HeartbeatGateway.Api.Disconnects;

/// <summary>A page of ended connections.</summary>
/// <param name="Disconnects">The newest first.</param>
/// <param name="Next">The cursor of the next page; null on the last one.</param>
/// <param name="Incomplete">In a cluster: the nodes that did not answer, so that theirs are missing; <c>*</c> while the nodes are not known.</param>
internal sealed record DisconnectListing(
    IReadOnlyList<DisconnectEntry> Disconnects, string? Next, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Incomplete = null);

/// <summary>As <see cref="DisconnectListing"/>, of entries that nodes have written.</summary>
internal sealed record ClusterDisconnectListing(IReadOnlyList<JsonElement> Disconnects, string? Next, IReadOnlyList<string> Incomplete);

/// <summary>A connection that ended, as it was at the moment of closing. Durations are in seconds.</summary>
internal sealed record DisconnectEntry
{
    /// <summary>1, 2, 3, … in the order in which connections ended, within one process.</summary>
    public required long Number { get; init; }

    /// <summary>In a cluster: the node that it was connected to.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Node { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required string ConnectionId { get; init; }

    public required string? ClientId { get; init; }

    public required long? Generation { get; init; }

    public required string? Address { get; init; }

    public required int? Port { get; init; }

    public required string? KeyId { get; init; }

    public required string Reason { get; init; }

    public required string? Detail { get; init; }

    /// <summary>Whose doing it was: client, network, gateway or operator.</summary>
    public required string Origin { get; init; }

    public required DateTimeOffset ConnectedAt { get; init; }

    public required double DurationSeconds { get; init; }

    public required long BytesIn { get; init; }

    public required long BytesOut { get; init; }

    public required long FramesIn { get; init; }

    public required long FramesOut { get; init; }

    /// <summary>For timeouts; null for other reasons.</summary>
    public required PostMortemDetails? PostMortem { get; init; }

    public static DisconnectEntry Of(DisconnectRecord r, string? node = null)
    {
        var endPoint = r.RemoteEndPoint as IPEndPoint;
        return new DisconnectEntry
        {
            Number = r.Number,
            Node = node,
            Time = ApiTime.Of(r.Time),
            ConnectionId = $"{r.ConnectionId}",
            ClientId = r.ClientId,
            Generation = r.Generation,
            Address = ClientEntry.AddressOf(endPoint),
            Port = endPoint?.Port,
            KeyId = r.KeyId,
            Reason = r.Reason.ToWireName(),
            Detail = r.Detail,
            Origin = r.Origin.ToWireName(),
            ConnectedAt = ApiTime.Of(r.Time - r.Lifetime),
            DurationSeconds = ApiTime.Seconds(r.Lifetime),
            BytesIn = r.BytesRead,
            BytesOut = r.BytesWritten,
            FramesIn = r.FramesRead,
            FramesOut = r.FramesWritten,
            PostMortem = PostMortemDetails.Of(r.PostMortem),
        };
    }
}

/// <summary>What the gateway knew when a time limit was reached.</summary>
/// <param name="Cause">client_silent, network_loss, interval_too_long or gateway_stall.</param>
/// <param name="LimitSeconds">The limit that was reached.</param>
/// <param name="SilentSeconds">Time since the last byte from the client.</param>
/// <param name="UsualGapSeconds">The median gap between two of its pings; null when there was none.</param>
/// <param name="GapsSeconds">The gaps between its latest 16 pings, the oldest first.</param>
/// <param name="StallSeconds">For how long the gateway's own process had paused around the silent time, or had not read what had arrived.</param>
/// <param name="Tcp">What the kernel had measured; null where it measures nothing.</param>
internal sealed record PostMortemDetails(
    string Cause, double LimitSeconds, double SilentSeconds, double? UsualGapSeconds, IReadOnlyList<double> GapsSeconds, double StallSeconds, TcpDetails? Tcp)
{
    public static PostMortemDetails? Of(PostMortem? p) => p is null ? null : new PostMortemDetails(
        p.Cause.ToWireName(),
        ApiTime.Seconds(p.Limit),
        ApiTime.Seconds(p.SilentTime),
        p.UsualGap is { } gap ? ApiTime.Seconds(gap) : null,
        [.. p.Gaps.Select(ApiTime.Seconds)],
        ApiTime.Seconds(p.StallTime),
        TcpDetails.Of(p.Tcp));
}
