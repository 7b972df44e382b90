using System.Net;

namespace HeartbeatGateway.Client.Transport;

/// <summary>Where connections come from.</summary>
internal interface ITransportFactory
{
    /// <summary>All addresses of a name.</summary>
    Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken);

    /// <summary>Connects to one address, TLS included.</summary>
    /// <exception cref="TransportException">It did not connect.</exception>
    Task<ClientTransport> ConnectAsync(GatewayAddress address, CancellationToken cancellationToken);
}
