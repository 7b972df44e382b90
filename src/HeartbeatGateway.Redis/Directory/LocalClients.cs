using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>The clients of this node, known since the start.</summary>
internal sealed class LocalClients
{
    private volatile INodeClients? _clients;

    /// <exception cref="InvalidOperationException">The cluster has not started.</exception>
    public INodeClients Clients => _clients ?? throw new InvalidOperationException("The cluster has not started.");

    public void Start(INodeClients clients)
    {
        if (Interlocked.CompareExchange(ref _clients, clients, null) is not null) throw new InvalidOperationException("The cluster has started already.");
    }

    /// <summary>The client's connection here, if it is this one.</summary>
    public ClusterMember? Find(string clientId, string connectionId) =>
        Clients.Find(clientId) is { } member && member.ConnectionId == connectionId ? member : null;

    /// <summary>Closes a connection that has lost its place: its client may connect again.</summary>
    public void CloseReplaced(ClusterMember member) => Clients.Close(member.ClientId, member.Generation, CloseReason.Replaced, retry: true);
}
