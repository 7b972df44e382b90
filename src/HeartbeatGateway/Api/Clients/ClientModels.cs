using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Api.Clients;

/// <summary>A page of clients.</summary>
/// <param name="Clients">The clients, in the order asked for.</param>
/// <param name="Next">The cursor of the next page; null on the last one.</param>
/// <param name="Watermark">The number of the last event that the page reflects at least.</param>
/// <param name="Incomplete">In a cluster: the nodes that did not answer, so that their clients are missing; <c>*</c> while the nodes are not known.</param>
internal sealed record ClientListing(IReadOnlyList<ClientEntry> Clients, string? Next, long Watermark, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Incomplete = null);

/// <summary>As <see cref="ClientListing"/>, of entries that nodes have written.</summary>
internal sealed record ClusterClientListing(IReadOnlyList<JsonElement> Clients, string? Next, long Watermark, IReadOnlyList<string> Incomplete);

/// <summary>A connection in a list. Durations are in seconds.</summary>
internal sealed record ClientEntry
{
    public required string ConnectionId { get; init; }

    /// <summary>In a cluster: the node that it is connected to. Numbers of connections are those of a node.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Node { get; init; }

    public required string? ClientId { get; init; }

    public required string State { get; init; }

    public required string? Address { get; init; }

    public required int? Port { get; init; }

    public required string? KeyId { get; init; }

    public required string? Library { get; init; }

    public required int Reconnects { get; init; }

    public required DateTimeOffset ConnectedAt { get; init; }

    public required double AgeSeconds { get; init; }

    public required double IdleSeconds { get; init; }

    public required double HeartbeatJitterSeconds { get; init; }

    public required double? RttSeconds { get; init; }

    public required long? Retransmits { get; init; }

    public required long BytesIn { get; init; }

    public required long BytesOut { get; init; }

    public required int PendingBytes { get; init; }

    public static ClientEntry Of(in ConnectionView c, DateTimeOffset now, string? node = null)
    {
        var endPoint = c.RemoteEndPoint as IPEndPoint;
        var tcp = c.GetTcpStatistics();
        return new ClientEntry
        {
            ConnectionId = $"{c.Id}",
            Node = node,
            ClientId = c.ClientId,
            State = NameOf(c.State),
            Address = AddressOf(endPoint),
            Port = endPoint?.Port,
            KeyId = c.KeyId,
            Library = c.Library,
            Reconnects = c.Reconnects,
            ConnectedAt = ApiTime.Of(now - c.Age),
            AgeSeconds = ApiTime.Seconds(c.Age),
            IdleSeconds = ApiTime.Seconds(c.SinceLastRead),
            HeartbeatJitterSeconds = ApiTime.Seconds(c.HeartbeatJitter),
            RttSeconds = tcp is { } measured ? measured.RoundTripTime.TotalSeconds : null,
            Retransmits = tcp?.Retransmits,
            BytesIn = c.BytesRead,
            BytesOut = c.BytesWritten,
            PendingBytes = c.PendingBytes,
        };
    }

    public static string NameOf(ConnectionState state) => state switch
    {
        ConnectionState.Handshaking => "handshaking",
        ConnectionState.Connected => "connected",
        _ => "closing",
    };

    public static string? AddressOf(IPEndPoint? endPoint) =>
        endPoint is null ? null : $"{(endPoint.Address.IsIPv4MappedToIPv6 ? endPoint.Address.MapToIPv4() : endPoint.Address)}";
}
