using System.Net;

namespace HeartbeatGateway.Million.Transport;

/// <summary>The endpoint to which clients in memory connect.</summary>
internal sealed class MemoryEndPoint : EndPoint
{
    /// <param name="backlog">The number of connections that may wait to be accepted.</param>
    public MemoryEndPoint(int backlog) => Listener = new MemoryListener(this, backlog);

    public MemoryListener Listener { get; }

    // Code that lists the server's endpoints parses this as an address with a port.
    public override string ToString() => "memory:1";
}
