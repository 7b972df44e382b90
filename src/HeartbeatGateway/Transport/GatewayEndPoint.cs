using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HeartbeatGateway.Server.Transports;

namespace HeartbeatGateway.Transport;

/// <summary>The address of an endpoint for clients. <see cref="GatewayTransportFactory"/> binds it, not Kestrel's own socket transport.</summary>
internal sealed class GatewayEndPoint(IPEndPoint address, TransportKind kind = TransportKind.Tcp) : EndPoint
{
    public IPEndPoint Address { get; } = address;

    /// <summary>What clients come in by.</summary>
    public TransportKind Kind { get; } = kind;

    /// <summary>
    /// Parses <c>IPv4:port</c>, <c>[IPv6]:port</c>, <c>localhost:port</c> and <c>*:port</c> (every IPv6 and IPv4 address; IPv4 alone where the system
    /// has no IPv6).
    /// </summary>
    /// <param name="text">The configured text.</param>
    /// <param name="endPoint">The end point.</param>
    /// <param name="error">What is wrong with the text, in words that follow the key.</param>
    public static bool TryParse(string text, out GatewayEndPoint? endPoint, out string? error)
    {
        endPoint = null;
        error = null;
        var colon = text.LastIndexOf(':');
        if (colon > 0
            && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && ParseHost(text[..colon]) is { } host)
        {
            endPoint = new GatewayEndPoint(new IPEndPoint(host, port));
            return true;
        }

        error = $"is '{text}', but must be an address and a port such as 0.0.0.0:8081, [::]:8081 or localhost:8081.";
        return false;
    }

    public override string ToString() => $"tcp://{Address}";

    private static IPAddress? ParseHost(string host)
    {
        if (host == "*") return Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) return IPAddress.Loopback;
        var isBracketed = host.StartsWith('[') && host.EndsWith(']');
        if (!IPAddress.TryParse(isBracketed ? host[1..^1] : host, out var address)) return null;
        return isBracketed == (address.AddressFamily == AddressFamily.InterNetworkV6) ? address : null;
    }
}
