namespace HeartbeatGateway.Million.Transport;

/// <summary>The client's end of connections in memory. Called on the thread on which the server runs; must not block.</summary>
internal interface IMemoryPeer
{
    /// <summary>The server sent bytes. They are valid until this method returns.</summary>
    void Received(int client, ReadOnlySpan<byte> bytes);

    /// <summary>The server has closed the connection; on a socket the peer would read the end of the stream here.</summary>
    void Closed(int client);
}
