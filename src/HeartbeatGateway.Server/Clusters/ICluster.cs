namespace HeartbeatGateway.Server.Clusters;

/// <summary>
/// The gateways that serve one fleet together, as one of them sees it: who is connected where, and questions to the others. Without a cluster a gateway is a
/// cluster of one (<see cref="EmbeddedCluster"/>). It is called for each connect and each disconnect, never for a heartbeat. Thread-safe.
/// </summary>
public interface ICluster
{
    /// <summary>This node. Its epoch changes when its lease has lapsed.</summary>
    ClusterNode Self { get; }

    /// <summary>The directory cannot be reached now: hellos are welcomed without it, and entered later.</summary>
    bool IsDegraded { get; }

    /// <summary>Begins to serve a node. Returns at once, also when the directory cannot be reached.</summary>
    /// <param name="clients">The clients of this node.</param>
    void Start(INodeClients clients);

    /// <summary>
    /// Enters a client that sent a hello: claims the hello's token, draws the generation, and takes over from the client's connection on another node. Waits a
    /// bounded time (250 ms) for the directory, then answers <see cref="ClusterEntryKind.Degraded"/>. Completes at once in a cluster of one. Never throws.
    /// </summary>
    /// <param name="hello">The client and its hello.</param>
    ValueTask<ClusterEntry> EnterAsync(ClusterHello hello);

    /// <summary>A client's connection has ended. Changes nothing in the directory unless epoch and generation are those of the entry. Returns at once.</summary>
    /// <param name="departure">The client.</param>
    void Leave(ClusterDeparture departure);

    /// <summary>
    /// Enters a client that is connected already: it was welcomed while the directory could not be reached, or the directory has lost it. A connection that has lost
    /// its place to another one is closed by <see cref="INodeClients.Close"/>, and may retry. Returns at once.
    /// </summary>
    /// <param name="member">The client.</param>
    void Restore(ClusterMember member);

    /// <summary>The entry of a client, on whatever node; null when it is not connected.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ClusterUnavailableException">The directory cannot be reached.</exception>
    ValueTask<ClusterMember?> FindAsync(string clientId, CancellationToken cancellationToken);

    /// <summary>The nodes with a valid lease, this one included, ordered by name.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ClusterUnavailableException">The directory cannot be reached.</exception>
    ValueTask<IReadOnlyList<ClusterNode>> ListNodesAsync(CancellationToken cancellationToken);

    /// <summary>Keeps a message for a client that is connected nowhere, until it connects to any node or the time is up.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="message">The message, as <see cref="ClusterKept.Held"/> returns it.</param>
    /// <param name="timeToLive">How long it is kept.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when as much is kept for the client as may be.</returns>
    /// <exception cref="ClusterUnavailableException">The directory cannot be reached.</exception>
    ValueTask<bool> HoldAsync(string clientId, ReadOnlyMemory<byte> message, TimeSpan timeToLive, CancellationToken cancellationToken);

    /// <summary>Asks a node. Never throws but for the token.</summary>
    /// <param name="epoch">The node's epoch.</param>
    /// <param name="verb">What is asked.</param>
    /// <param name="body">The question; its format belongs to the verb.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Unreachable at once when no node listens; unknown when none answered within two seconds.</returns>
    ValueTask<NodeAnswer> AskAsync(string epoch, string verb, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);

    /// <summary>Says how this node answers a verb, before <see cref="Start"/>.</summary>
    /// <param name="verb">The verb: lower-case letters and underscores.</param>
    /// <param name="answer">Makes the answer; an exception is logged, and the asking node gets <see cref="NodeAnswerKind.Failed"/>.</param>
    void Answer(string verb, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> answer);

    /// <summary>The presence events of all nodes, from now on, in the order of each client's changes.</summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    IAsyncEnumerable<ClusterEvent> FollowEventsAsync(CancellationToken cancellationToken);
}
