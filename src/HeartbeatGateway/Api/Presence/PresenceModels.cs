using System.Net;
using HeartbeatGateway.Api.Clients;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Disconnects;

namespace HeartbeatGateway.Api.Presence;

/// <summary>One change of one client's presence.</summary>
internal sealed record PresenceMessage
{
    public required long Sequence { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required string ClientId { get; init; }

    public required string ConnectionId { get; init; }

    /// <summary>The connection that this one replaced or came after; null when there is none or it is unknown.</summary>
    public required string? PreviousConnectionId { get; init; }

    public required long Generation { get; init; }

    public required string SessionId { get; init; }

    public required string? Address { get; init; }

    /// <summary>Why it disconnected; null for other changes.</summary>
    public required string? Reason { get; init; }

    /// <summary>Whose doing the disconnect was; null for other changes.</summary>
    public required string? Origin { get; init; }

    /// <summary>What the timeout that disconnected it was caused by; else null.</summary>
    public required string? Cause { get; init; }

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

/// <summary>A connected client.</summary>
internal sealed record PresentClient(string ClientId, string ConnectionId, long Generation, string SessionId, string? Address)
{
    public static PresentClient Of(ClientInfo client) =>
        new(client.ClientId, $"{client.ConnectionId}", client.Generation, client.SessionId, ClientEntry.AddressOf(client.RemoteEndPoint as IPEndPoint));
}
