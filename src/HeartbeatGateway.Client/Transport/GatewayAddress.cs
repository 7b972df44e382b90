using System.Net;

namespace HeartbeatGateway.Client.Transport;

/// <summary>One address to try.</summary>
/// <param name="EndPoint">Where.</param>
/// <param name="Host">The name, or the address as text, that it was found under: what a certificate must hold.</param>
internal readonly record struct GatewayAddress(IPEndPoint EndPoint, string Host);
