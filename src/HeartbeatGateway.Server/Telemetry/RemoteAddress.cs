using System.Net;

namespace HeartbeatGateway.Server.Telemetry;

/// <summary>The two parts of a remote endpoint as properties of log lines, so that all lines of one address can be found.</summary>
internal static class RemoteAddress
{
    /// <summary>The address without brackets; an IPv4 address that is mapped to IPv6 as IPv4. Null for a transport without addresses.</summary>
    public static string? Of(EndPoint? remote) => remote is IPEndPoint { Address: var address }
        ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString()
        : null;

    /// <summary>The port; null for a transport without ports.</summary>
    public static int? PortOf(EndPoint? remote) => (remote as IPEndPoint)?.Port;
}
