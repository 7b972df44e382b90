using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Server.Clusters;

/// <summary>The clients of one node, as the cluster sees them. The engine implements it. Thread-safe; no call waits for a client.</summary>
public interface INodeClients
{
    /// <summary>All connected clients with an identity, read one by one while they are enumerated. For restoring and comparing the directory.</summary>
    IEnumerable<ClusterMember> Members();

    /// <summary>The client's connection on this node; null when it is not connected here.</summary>
    /// <param name="clientId">The client.</param>
    ClusterMember? Find(string clientId);

    /// <summary>Closes one connection of a client, if it is still the one with this generation.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="generation">The generation from its welcome.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="retry">Whether the client may reconnect.</param>
    /// <returns>False when it has no such connection.</returns>
    bool Close(string clientId, long generation, CloseReason reason, bool retry);

    /// <summary>
    /// The client has connected to another node: closes its connections here through a generation as <see cref="CloseReason.Replaced"/>, also the one whose hello
    /// still waits for the directory, and gives up what is kept for the client. A newer connection here stays, with what is kept.
    /// </summary>
    /// <param name="clientId">The client.</param>
    /// <param name="generation">The generation that the directory had of the connection here.</param>
    /// <param name="instance">The instance of its new connection; the close may be retried when it is that of the old one.</param>
    /// <param name="mayRetry">The close may be retried in any case: two nodes had welcomed the client without the directory, which has decided between them since.</param>
    /// <returns>What is not acknowledged, for the other node (<see cref="ClusterKept.Delivery"/>); empty for nothing.</returns>
    ReadOnlyMemory<byte> TakeOver(string clientId, long generation, string? instance, bool mayRetry);

    /// <summary>What <see cref="ICluster.Restore"/> found for a client that had been welcomed without the directory: it is sent to it.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="generation">The generation from its welcome.</param>
    /// <param name="kept">What was kept for the client.</param>
    /// <returns>False when it is no longer connected: nothing was taken.</returns>
    bool Restored(string clientId, long generation, ClusterKept kept);
}
