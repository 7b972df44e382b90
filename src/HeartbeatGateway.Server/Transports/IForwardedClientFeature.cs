using System.Net;

namespace HeartbeatGateway.Server.Transports;

/// <summary>
/// Set by the engine on a WebSocket connection from a trusted proxy whose client is not known yet: its layer learns the client's address from the
/// request's headers.
/// </summary>
public interface IForwardedClientFeature
{
    /// <summary>True for an address of <c>Gateway:Proxy:TrustedNetworks</c>.</summary>
    /// <param name="address">An address of the path.</param>
    bool IsTrustedProxy(IPAddress address);

    /// <summary>The connection counts as one of this client from now on. To be called once, before the connection is handed on.</summary>
    /// <param name="client">The client; null when the proxy names none: then the proxy's own address counts.</param>
    /// <returns>False when that address is banned or at its limit; then the connection must be ended.</returns>
    bool TryEnter(IPEndPoint? client);
}
