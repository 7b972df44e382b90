using HeartbeatGateway.Redis.Scripts;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>
/// Removes the entries of lost nodes, 128 in one step. The node that removed the lease does it at once. Every 30 s a sweep removes what has entries and no
/// lease: what a reaper left that was lost itself. Several at once are harmless, since each entry is removed, with its event, in one step.
/// </summary>
internal sealed class Reaper(
    DirectoryCalls calls,
    RedisKeys keys,
    NodeIdentity node,
    Restorer restorer,
    RedisOptions options,
    DirectoryMetrics metrics,
    TimeProvider timeProvider,
    ILogger logger)
{
    private const int MaxBatch = 128;
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(30);

    private long _lastSweep = timeProvider.GetTimestamp();
    private int _isSweeping;

    /// <summary>Removes all entries of an epoch. Those of a partition that cannot be reached are left to a later sweep.</summary>
    public async Task ReapAsync(string epoch)
    {
        var reaped = 0;
        for (var partition = 0; partition < RedisKeys.Partitions; partition++)
        {
            try
            {
                int? step;
                while ((step = await ReapStepAsync(partition, epoch)) is not null) reaped += step.Value;
            }
            catch (Exception e) when (RedisConnection.IsFailure(e))
            {
                // RedisHealth has noted it. The other partitions may be on other masters.
            }
        }

        metrics.Reaped(reaped);
        if (reaped > 0) logger.NodeReaped(reaped, epoch);
    }

    /// <summary>Removes at most 128 entries of an epoch from a partition.</summary>
    /// <returns>How many were removed; null when the epoch had none.</returns>
    public async Task<int?> ReapStepAsync(int partition, string epoch)
    {
        var set = keys.NodeEntries(partition, epoch);
        var ids = await calls.CallAsync(partition, d => d.SetRandomMembersAsync(set, MaxBatch));
        var ended = ids.Select(i => (RedisKey)keys.Ended(partition, i.ToString()));
        RedisKey[] names = [keys.Directory(partition), keys.Events(partition), keys.Epochs(partition), set, .. ended];
        RedisValue[] arguments = [epoch, options.MaxEvents, (long)options.RememberLost.TotalMilliseconds, .. ids];
        var reaped = (int)await calls.RunAsync(partition, LuaScripts.Reap, names, arguments);
        return ids.Length == 0 ? null : reaped;
    }

    /// <summary>Sweeps, if the last sweep is long enough ago and none runs.</summary>
    public async Task SweepIfDueAsync()
    {
        if (timeProvider.GetElapsedTime(Volatile.Read(ref _lastSweep)) < SweepEvery || Interlocked.Exchange(ref _isSweeping, 1) == 1) return;
        try
        {
            Volatile.Write(ref _lastSweep, timeProvider.GetTimestamp());
            await SweepAsync();
        }
        finally
        {
            Volatile.Write(ref _isSweeping, 0);
        }
    }

    /// <summary>Removes the entries of all epochs without a lease.</summary>
    public async Task SweepAsync()
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        for (var partition = 0; partition < RedisKeys.Partitions; partition++)
        {
            try
            {
                var members = await calls.CallAsync(partition, d => d.SetMembersAsync(keys.Epochs(partition)));
                found.UnionWith(members.Select(e => e.ToString()));
            }
            catch (Exception e) when (RedisConnection.IsFailure(e))
            {
                // As above.
            }
        }

        // Leases are read after the entries: an epoch has its lease before its first entry.
        var leases = await calls.CallAsync(RedisHealth.NodeKeys, d => d.SortedSetRangeByRankAsync(keys.Leases));
        found.ExceptWith(leases.Select(l => l.ToString()));
        var (own, former) = node.Current;
        found.Remove(own);
        // Once all clients are entered under the present epoch, what is left of the former one has no client.
        if (!restorer.IsIdle) found.Remove(former);
        foreach (var lapsed in found) await ReapAsync(lapsed);
    }
}
