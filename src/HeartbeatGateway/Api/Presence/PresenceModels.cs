using System.Net;
using System.Text.Json.Serialization;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Cluster;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Disconnects;

namespace HeartbeatGateway.Api.Presence;

/// <summary>One change of one client's presence.</summary>
internal sealed record PresenceMessage
{
    /// <summary>The name of the event of a client whose node has failed.</summary>
    private const string NodeLost = "node_lost";

    public required long Sequence { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required string ClientId { get; init; }

    public required string ConnectionId { get; init; }

    /// <summary>The connection that this one replaced or came after; null when there is none or it is unknown.</summary>
    public required string? PreviousConnectionId { get; init; }

    public required long Generation { get; init; }

    public required string? SessionId { get; init; }

    public required string? Address { get; init; }

    /// <summary>Why it disconnected; null for other changes.</summary>
    public required string? Reason { get; init; }

    /// <summary>Whose doing the disconnect was; null for other changes.</summary>
    public required string? Origin { get; init; }

    /// <summary>What the timeout that disconnected it was caused by; else null.</summary>
    public required string? Cause { get; init; }

    /// <summary>In a cluster: the node of the connection.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Node { get; init; }

    public static PresenceMessage Of(PresenceEvent e) => new()
    {
        Sequence = e.Sequence,
        Time = e.Time,
        ClientId = e.Client.ClientId,
        ConnectionId = $"{e.Client.ConnectionId}",
        PreviousConnectionId = e.PreviousConnectionId?.ToString(),
        Generation = e.Client.Generation,
        SessionId = e.Client.SessionId,
        Address = ClientEntry.AddressOf(e.Client.RemoteEndPoint as IPEndPoint),
        Reason = e.Reason == CloseReason.None ? null : e.Reason.ToWireName(),
        Origin = e.Origin?.ToWireName(),
        Cause = e.Cause?.ToWireName(),
    };

    /// <summary>An event of the cluster's directory, which knows neither addresses nor the connection before.</summary>
    public static PresenceMessage Of(NumberedClusterEvent e) => new()
    {
        Sequence = e.Sequence,
        Time = ApiTime.Of(e.Event.Time),
        ClientId = e.Event.ClientId,
        ConnectionId = e.Event.ConnectionId,
        PreviousConnectionId = null,
        Generation = e.Event.Generation,
        SessionId = e.Event.Session,
        Address = null,
        Reason = e.Event.Reason,
        Origin = OriginOf(e.Event)?.ToWireName(),
        Cause = e.Event.Cause,
        Node = e.Event.Node,
    };

    /// <summary>The end of a node is the gateway's doing. Reasons and causes of another version have no origin here.</summary>
    private static DisconnectOrigin? OriginOf(ClusterEvent e)
    {
        if (e.Change == NodeLost) return DisconnectOrigin.Gateway;
        if (!CloseReasons.TryParse(e.Reason, out var reason) || reason == CloseReason.None) return null;
        return DisconnectOrigins.Of(reason, TimeoutCauses.TryParse(e.Cause, out var cause) ? cause : null);
    }

    /// <summary>The name of the event.</summary>
    public static string NameOf(PresenceChange change) => change switch
    {
        PresenceChange.Connected => "connected",
        PresenceChange.Reconnected => "reconnected",
        PresenceChange.Replaced => "replaced",
        _ => "disconnected",
    };
}

/// <summary>The connected clients with an identity at one moment.</summary>
/// <param name="Watermark">The number of the last event that it reflects.</param>
/// <param name="LastEventId">Follow the events from here without gap or overlap.</param>
/// <param name="Clients">The clients, in no order.</param>
internal sealed record PresenceListing(long Watermark, string LastEventId, IEnumerable<PresentClient> Clients);

/// <summary>The connected clients of all nodes with an identity. It is written while they are collected.</summary>
/// <param name="Watermark">The number of the last event before they were collected.</param>
/// <param name="LastEventId">Follow the events from here without gap. An event that the clients reflect already may come again.</param>
/// <param name="Clients">The clients, in no order. One that moves meanwhile may be there twice: the higher generation is the newer.</param>
/// <param name="Incomplete">The nodes that did not answer, so that some of their clients are missing; <c>*</c> while the nodes are not known. Last, as it is known last.</param>
internal sealed record ClusterPresenceListing(long Watermark, string LastEventId, IAsyncEnumerable<PresentClient> Clients, IReadOnlyCollection<string> Incomplete);

/// <summary>A connected client.</summary>
internal sealed record PresentClient(string ClientId, string ConnectionId, long Generation, string SessionId, string? Address)
{
    /// <summary>In a cluster: the node that it is connected to.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Node { get; init; }

    public static PresentClient Of(ClientInfo client) =>
        new(client.ClientId, $"{client.ConnectionId}", client.Generation, client.SessionId, ClientEntry.AddressOf(client.RemoteEndPoint as IPEndPoint));

    /// <summary>A connection as a present client; null for one without an identity.</summary>
    public static PresentClient? Of(in ConnectionView c, string? node) => c is { ClientId: { } id, Generation: { } generation, SessionId: { } session }
        ? new PresentClient(id, $"{c.Id}", generation, session, ClientEntry.AddressOf(c.RemoteEndPoint as IPEndPoint)) { Node = node }
        : null;
}
