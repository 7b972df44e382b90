using System.Net;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Api.Clients;

/// <summary>Which connections a caller asks for. Each condition that is set must hold.</summary>
internal sealed record ClientFilter
{
    /// <summary>Client ids, any of which; empty: all connections, anonymous ones included.</summary>
    public IReadOnlyCollection<string> Ids { get; init; } = [];

    /// <summary>The beginning of the client id.</summary>
    public string? Prefix { get; init; }

    /// <summary>The network that the client's address is in.</summary>
    public IPNetwork? Address { get; init; }

    /// <summary>How far the connection has come.</summary>
    public ConnectionState? State { get; init; }

    /// <summary>The id of the key that it signs with.</summary>
    public string? Key { get; init; }

    /// <summary>Opened before this time.</summary>
    public DateTimeOffset? ConnectedBefore { get; init; }

    /// <summary>Opened after this time.</summary>
    public DateTimeOffset? ConnectedAfter { get; init; }

    /// <summary>No byte was read for at least this time.</summary>
    public TimeSpan? IdleLongerThan { get; init; }

    /// <summary>True when no condition is set: it would choose every connection.</summary>
    public bool IsEmpty => this == new ClientFilter { Ids = Ids } && Ids.Count == 0;

    public bool Matches(in ConnectionView connection, DateTimeOffset now) =>
        (Ids.Count == 0 || (connection.ClientId is { } id && Ids.Contains(id)))
        && (Prefix is null || connection.ClientId?.StartsWith(Prefix, StringComparison.Ordinal) == true)
        && (State is null || connection.State == State)
        && (Key is null || connection.KeyId == Key)
        && (IdleLongerThan is null || connection.SinceLastRead >= IdleLongerThan)
        && (ConnectedBefore is null || now - connection.Age < ConnectedBefore)
        && (ConnectedAfter is null || now - connection.Age > ConnectedAfter)
        && (Address is not { } network || IsIn(network, connection.RemoteEndPoint));

    /// <summary>True for an address in the network; an IPv4 address mapped to IPv6 counts as IPv4.</summary>
    public static bool IsIn(IPNetwork network, EndPoint? endPoint)
    {
        if (endPoint is not IPEndPoint { Address: var address }) return false;
        return network.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
    }
}
