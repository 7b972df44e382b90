using System.Globalization;
using System.Net;

namespace HeartbeatGateway.Client;

/// <summary>Parses endpoints that are written as text.</summary>
internal static class EndpointText
{
    public static EndPoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !TryParsePort(text.AsSpan(colon + 1), out var port)) throw Wrong(text, "does not end in a port from 1 to 65535");
        var host = text[..colon];
        if (host.StartsWith('[') || host.EndsWith(']'))
        {
            return host.Length > 2 && IPAddress.TryParse(host.AsSpan(1, host.Length - 2), out var v6) && host.Contains(':', StringComparison.Ordinal)
                ? new IPEndPoint(v6, port)
                : throw Wrong(text, "has no IPv6 address between its brackets");
        }

        if (host.Contains(':', StringComparison.Ordinal)) throw Wrong(text, "has an IPv6 address without brackets");
        if (IPAddress.TryParse(host, out var v4)) return new IPEndPoint(v4, port);
        return Uri.CheckHostName(host) == UriHostNameType.Dns
            ? new DnsEndPoint(host, port)
            : throw Wrong(text, "has no valid host name or address before its port");
    }

    private static bool TryParsePort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535;

    private static GatewayClientOptionsException Wrong(string text, string fault) =>
        new(nameof(GatewayClientOptions.Endpoints), $"cannot contain '{text}': it {fault}; write host:8081, 192.0.2.1:8081 or [2001:db8::1]:8081");
}
