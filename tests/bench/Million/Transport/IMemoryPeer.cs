namespace HeartbeatGateway.Million.Transport;

/// <summary>The client's end of connections in memory. Called on whatever thread the server runs on; must not block.</summary>
internal interface IMemoryPeer
{
    /// <summary>The server sent bytes, which are the peer's until it returns.</summary>
    void Received(int client, ReadOnlySpan<byte> bytes);

    /// <summary>The server has closed the connection: where a socket's peer would read the end of the stream.</summary>
    void Closed(int client);
}
