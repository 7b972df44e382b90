using System.Net;

namespace HeartbeatGateway.Client.Transport;

/// <summary>Resolves names and makes connections.</summary>
internal interface ITransportFactory
{
    /// <summary>Resolves a name to all of its addresses.</summary>
    Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken);

    /// <summary>Connects to one address, including TLS.</summary>
    /// <exception cref="TransportException">The connection failed.</exception>
    Task<ClientTransport> ConnectAsync(GatewayAddress address, CancellationToken cancellationToken);
}
