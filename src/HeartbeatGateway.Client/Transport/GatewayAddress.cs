using System.Net;

namespace HeartbeatGateway.Client.Transport;

/// <summary>One address of a gateway.</summary>
/// <param name="EndPoint">The IP address and port.</param>
/// <param name="Host">The host name, or the address as text, of the configured endpoint; the certificate must contain it.</param>
internal readonly record struct GatewayAddress(IPEndPoint EndPoint, string Host);
