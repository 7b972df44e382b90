using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>Carries out what Restore decided.</summary>
internal sealed class RestoreOutcomes(
    LocalClients local, UnclaimedMembers unclaimed, Takeovers takeovers, Leaver leaver, KeptTaker taker, DirectoryMetrics metrics, BackgroundWork work)
{
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
                if (answer.Loser is { } loser) work.Run("close the connection that lost its place", () => takeovers.AskLoserAsync(member.ClientId, loser));
                // The engine learns by this call that the token is claimed.
                if (member.IsUnclaimed || !answer.Kept.IsEmpty) Give(member, answer.Kept);
                return;
        }
    }

    /// <summary>
    /// Removes the entry of a connection that has ended: its departure may have reached Redis first, and has then left an entry without a client. A later
    /// connection of the client replaces the entry.
    /// </summary>
    public void LeaveIfGone(ClusterMember member)
    {
        var latest = local.Clients.Find(member.ClientId);
        if (latest is null) leaver.Add(LeaveBatch.OfUnknown(member));
        else if (latest.ConnectionId != member.ConnectionId) Compare?.Invoke(latest);
    }

    private void Give(ClusterMember member, StoredKept kept)
    {
        var taking = taker.Take(member.ClientId, kept);
        if (local.Clients.Restored(member.ClientId, member.Generation, taking.Kept)) _ = taking.CommitAsync(TimeSpan.Zero);
        else taking.Cancel();
    }
}
