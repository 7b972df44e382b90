using System.Net;

namespace HeartbeatGateway.Cli.Proxy;

/// <summary>Formats an endpoint as it is written on the command line.</summary>
internal static class EndpointName
{
    public static string Of(EndPoint endpoint) => endpoint is DnsEndPoint name ? $"{name.Host}:{name.Port}" : endpoint.ToString() ?? "";
}
