using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>
/// Renews the lease in a quarter of its time, and acts on what that shows: a lapsed lease, lost partitions, Redis that is back, and leases of other nodes that
/// have lapsed.
/// </summary>
internal sealed class LeaseKeeper(
    Lease lease, NodeIdentity node, Restorer restorer, Leaver leaver, Reaper reaper, PartitionProbe probe, INodeChannel channel, LeaseReport report)
{
    private bool _hasFailed;

    /// <summary>Lapsed leases of other nodes may be removed at the next renewal.</summary>
    public bool MayReap => lease.MayReap;

    /// <summary>One renewal.</summary>
    /// <param name="mayReap">Whether lapsed leases of other nodes may be removed.</param>
    /// <exception cref="RedisException">Redis failed.</exception>
    /// <exception cref="TimeoutException">Redis did not answer in time.</exception>
    /// <returns>The answer; <see cref="ReapAsync"/> has to follow.</returns>
    public async Task<LeaseRenewal> RenewAsync(bool mayReap)
    {
        var renewal = await lease.RenewAsync(mayReap);
        report.Renewed(renewal, node.Self.Epoch);
        if (renewal.Former is not null) channel.Listen(node.Self.Epoch);
        if (renewal.IsFirst || renewal.Former is not null || _hasFailed) restorer.WantAll();
        _hasFailed = false;
        return renewal;
    }

    /// <summary>Looks at the partitions, and sends what waits for them. Follows each renewal, also one that failed: they may be on other masters.</summary>
    /// <param name="failures">What <see cref="RedisHealth.TakeFailures"/> told.</param>
    public async Task FollowAsync(int failures)
    {
        restorer.WantAll(failures & Restorer.AllPartitions);
        if ((failures & (1 << RedisHealth.NodeKeys)) != 0) _hasFailed = true;
        if (!await probe.RunAsync()) return;
        leaver.SendAgain();
        if (lease.Held.IsCompleted) restorer.Run();
        // Until then other nodes find clients under the former epoch, and ask that one.
        if (restorer.IsIdle) channel.LeaveFormer();
    }

    /// <summary>Removes the entries of the nodes whose leases this node has removed. May take longer than a lease, so no renewal waits for it.</summary>
    public async Task ReapAsync(LeaseRenewal renewal, bool mayReap)
    {
        foreach (var epoch in renewal.Lapsed) await reaper.ReapAsync(epoch);
        if (mayReap) await reaper.SweepIfDueAsync();
    }
}
