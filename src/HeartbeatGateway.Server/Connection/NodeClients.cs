using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Delivery;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Connection;

/// <summary>This node's clients, as the cluster sees them: with the place that the directory has of each, also when its connection is not confirmed.</summary>
internal sealed class NodeClients(EngineContext context, ConnectionTable table, ClientDirectory directory, DeliveryTable deliveries, ClusterMembership? membership) : INodeClients
{
    /// <inheritdoc/>
    public IEnumerable<ClusterMember> Members() =>
        from connection in table.All()
        where !connection.HasEnded
        let session = connection.Session
        where session is not null && (session.Cluster is { } place ? membership!.Roster.Latest(place.ClientId) == place : session.IsRegistered)
        select Describe(connection, session);

    /// <inheritdoc/>
    public ClusterMember? Find(string clientId)
    {
        if (membership is not null) return membership.Roster.Latest(clientId) is { } place ? membership.Describe(place) : null;
        return directory.Find(clientId) is { Session: { } session } connection ? Describe(connection, session) : null;
    }

    /// <inheritdoc/>
    public bool Close(string clientId, long generation, CloseReason reason, bool retry)
    {
        if (Find(clientId, generation) is not { } connection || !connection.Close(new CloseRequest(reason) { Retry = retry })) return false;
        if (reason == CloseReason.TokenInvalid) ReportReplay(connection);
        return true;
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> TakeOver(string clientId, long generation, string? instance, bool mayRetry)
    {
        var hasNewer = false;
        foreach (var place in membership?.Roster.TakeThrough(clientId, generation, instance, mayRetry, out hasNewer) ?? [])
        {
            var connection = place.Connection;
            // As among connections of one node: two instances would replace each other without end.
            if (!connection.Close(new CloseRequest(CloseReason.Replaced) { Retry = mayRetry || (place.Instance is not null && place.Instance == instance) })) continue;
            if (!context.MayLog(LogLevel.Information, LineKind.Lifecycle, connection.Address)) continue;
            var remote = connection.RemoteEndPoint;
            context.Logger.ClientMovedAway(clientId, connection.Id, remote, RemoteAddress.Of(remote), RemoteAddress.PortOf(remote));
        }

        // A newer connection here goes on with what is kept.
        return hasNewer ? default : deliveries.Find(clientId)?.GiveUp(context.Now) ?? default;
    }

    /// <inheritdoc/>
    public bool Restored(string clientId, long generation, ClusterKept kept)
    {
        if (membership?.Roster.Find(clientId, generation) is not { } place) return false;
        ClusterMembership.Claimed(place);
        if (kept.IsEmpty) return true;
        var client = deliveries.GetOrAdd(clientId, context.Now);
        client.Adopt(kept, context.Now);
        if (!place.HasLeft || membership.Roster.Latest(clientId) is not null) return true;
        // It left meanwhile, with what it had: the rest is what was just adopted, and the caller keeps it.
        client.GiveUp(context.Now);
        return false;
    }

    private ClusterMember Describe(IClientConnection connection, ClientSession session) =>
        session.Cluster is { } place ? membership!.Describe(place) : ClusterMembership.Describe(connection, session, context);

    private IClientConnection? Find(string clientId, long generation)
    {
        if (membership is not null) return membership.Roster.Find(clientId, generation)?.Connection;
        return directory.Find(clientId) is { Session: { } session } connection && session.Generation == generation ? connection : null;
    }

    /// <summary>The hello was welcomed without the directory, which has since found its token claimed by another hello.</summary>
    private void ReportReplay(IClientConnection connection)
    {
        context.Metrics.TokenRefused(TokenFailure.Replayed);
        if (!context.MayLog(LogLevel.Warning, LineKind.Refusal, connection.Address)) return;
        var remote = connection.RemoteEndPoint;
        context.Logger.TokenRefused(
            connection.Id, ClientRegistry.NameOf(connection), remote, "hello", MetricLabels.Of(TokenFailure.Replayed), "the hello was welcomed while the cluster's directory could not be reached",
            connection.Session?.ClientId, null, null, null, RemoteAddress.Of(remote), RemoteAddress.PortOf(remote));
    }
}
