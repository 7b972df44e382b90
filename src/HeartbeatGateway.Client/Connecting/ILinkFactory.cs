using System.Net;

namespace HeartbeatGateway.Client.Connecting;

/// <summary>Makes links: over TCP and TLS, or in a test over memory.</summary>
internal interface ILinkFactory
{
    /// <summary>Finds the addresses of an endpoint, anew each time.</summary>
    /// <exception cref="LinkException">There are none.</exception>
    Task<IReadOnlyList<IPEndPoint>> ResolveAsync(EndPoint endpoint, CancellationToken cancellationToken);

    /// <summary>Connects to one address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="host">The name under which it was found; TLS checks it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LinkException">It cannot be reached; the message says why.</exception>
    Task<Link> ConnectAsync(IPEndPoint address, string host, CancellationToken cancellationToken);
}
