using System.Net;

namespace HeartbeatGateway.Client.Transport;

/// <summary>Resolves names and makes connections.</summary>
internal interface ITransportFactory
{
    /// <summary>Resolves a name to all of its addresses.</summary>
    Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken);

    /// <summary>Connects to one address by TCP.</summary>
    /// <exception cref="TransportException">The connection failed.</exception>
    Task<ClientTransport> ConnectAsync(GatewayAddress address, CancellationToken cancellationToken);

    /// <summary>Performs the TLS handshake, when TLS is configured. The caller disposes the transport after a failure.</summary>
    /// <exception cref="TransportException">The handshake failed.</exception>
    Task SecureAsync(ClientTransport transport, GatewayAddress address, CancellationToken cancellationToken);
}
