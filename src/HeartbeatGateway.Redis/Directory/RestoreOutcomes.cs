using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>Carries out what Restore decided.</summary>
internal sealed class RestoreOutcomes(
    LocalClients local, UnclaimedMembers unclaimed, Takeovers takeovers, HeldStore held, DirectoryMetrics metrics, BackgroundWork work)
{
    /// <summary>Removes a client.</summary>
    public Action<ClusterDeparture>? Leave { get; set; }

    /// <summary>Compares a client with the directory.</summary>
    public Action<ClusterMember>? Compare { get; set; }

    /// <summary>Applies the answer for a member.</summary>
    public void Apply(ClusterMember member, RestoreAnswer answer)
    {
        switch (answer.Status)
        {
            case RestoreStatus.Claimed:
                metrics.Restored(RestoreResult.Claimed);
                metrics.Replayed();
                unclaimed.Remove(member);
                local.Clients.Close(member.ClientId, member.Generation, CloseReason.TokenInvalid, retry: false);
                return;
            case RestoreStatus.Displaced:
                metrics.Restored(RestoreResult.Displaced);
                unclaimed.Remove(member);
                local.CloseReplaced(member);
                return;
            case RestoreStatus.Left:
                unclaimed.Remove(member);
                return;
            default:
                if (answer.Status != RestoreStatus.Same) metrics.Restored(RestoreResult.Kept);
                unclaimed.Remove(member);
                LeaveIfGone(member);
                if (answer.Loser is { } loser) work.Run("close the connection that lost its place", () => CloseLoserAsync(member, loser));
                // The engine learns by this call that the token is claimed.
                if (member.IsUnclaimed || !answer.Delivery.IsEmpty || answer.Held.Count > 0) Give(member, answer.Delivery, answer.Held);
                return;
        }
    }

    /// <summary>Gives the client what was kept for it, or keeps it for its next connection.</summary>
    public void Give(ClusterMember member, ReadOnlyMemory<byte> delivery, IReadOnlyList<ReadOnlyMemory<byte>> messages)
    {
        if (local.Clients.Restored(member.ClientId, member.Generation, delivery, messages)) return;
        if (!delivery.IsEmpty || messages.Count > 0) work.Run("return what was held for a client", () => held.ReturnAsync(member.ClientId, delivery, messages));
    }

    /// <summary>
    /// Removes the entry of a connection that has ended: its departure may have reached Redis first, and has then left an entry without a client. A later
    /// connection of the client replaces the entry.
    /// </summary>
    public void LeaveIfGone(ClusterMember member)
    {
        var latest = local.Clients.Find(member.ClientId);
        if (latest is null) Leave?.Invoke(LeaveBatch.OfUnknown(member));
        else if (latest.ConnectionId != member.ConnectionId) Compare?.Invoke(latest);
    }

    private async Task CloseLoserAsync(ClusterMember winner, ClusterPrevious loser)
    {
        var delivery = await takeovers.AskLoserAsync(winner.ClientId, loser);
        if (!delivery.IsEmpty) Give(winner, delivery, []);
    }
}
