using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Frames;

/// <summary>Enters hellos in the cluster's directory before their clients are registered, and closes those that the directory refuses.</summary>
internal sealed class ClusterHellos(EngineContext context, ClientRegistry clients, ClusterMembership cluster, TokenRefusals refusals)
{
    /// <returns>The place of its client. Null when the hello is done with: it was refused, or its connection has ended.</returns>
    public async ValueTask<ClusterPlace?> EnterAsync(GatewayConnection connection, HelloReading reading, HelloClaim claim)
    {
        var hello = reading.Hello!;
        var place = new ClusterPlace(connection, hello, context.Now);
        // A frame is accepted from its maximum age before its date to that after it.
        var claimFor = context.Elapsed(0, context.Settings.MaxAge) * 2;
        switch (await cluster.EnterAsync(place, hello, clients.Directory.FloorOf(hello.ClientId), claim.Fingerprint, claimFor))
        {
            case ClusterEntryKind.Entered or ClusterEntryKind.Degraded:
                return place;
            case ClusterEntryKind.Replayed:
                refusals.RefuseReplayed(connection, claim.Facts);
                return null;
            case ClusterEntryKind.Abandoned:
                clients.MoveFromAddress(connection);
                connection.Close(new CloseRequest(CloseReason.Replaced) { AcceptsClose = reading.AcceptsClose });
                return null;
            default:
                // After a planned close frames are still read. Those behind a hello that was not registered must not pass for an anonymous client's.
                connection.StopReading();
                return null;
        }
    }

    /// <summary>A connection with a place is refused after all.</summary>
    public void Leave(ClusterPlace place) => cluster.Leave(place, context.Now);
}
