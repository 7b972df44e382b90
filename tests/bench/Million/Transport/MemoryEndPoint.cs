using System.Net;

namespace HeartbeatGateway.Million.Transport;

/// <summary>Where clients in memory connect to.</summary>
internal sealed class MemoryEndPoint : EndPoint
{
    /// <param name="backlog">How many may wait to be accepted.</param>
    public MemoryEndPoint(int backlog) => Listener = new MemoryListener(this, backlog);

    public MemoryListener Listener { get; }

    // Read as an address with a port by whoever lists the endpoints of the server.
    public override string ToString() => "memory:1";
}
