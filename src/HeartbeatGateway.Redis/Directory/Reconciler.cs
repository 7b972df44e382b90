using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>Compares the directory with the clients of this node, slowly: missing or wrong entries are entered, entries without a client are removed.</summary>
internal sealed class Reconciler(
    LocalClients local,
    Restorer restorer,
    LeaveBatch leaves,
    NodeIdentity node,
    DirectoryScan scan,
    DirectoryMetrics metrics,
    TimeProvider timeProvider,
    ILogger logger)
{
    private const int MaxSuspects = 65_536;

    private Dictionary<string, string> _suspects = new(StringComparer.Ordinal);
    private int _next;

    /// <summary>Compares the clients of one round (<see cref="ComparePlan"/>).</summary>
    public Task<long> RunRoundAsync()
    {
        // Counted first, since nothing tells how many there are.
        var plan = ComparePlan.Of(local.Clients.Members().Count(), _next);
        _next = plan.Next;
        return RunAsync(plan.Partitions, plan.Pace);
    }

    /// <summary>Compares all clients once.</summary>
    /// <param name="pace">The time for each client.</param>
    /// <returns>How many entries were corrected.</returns>
    public Task<long> RunAsync(TimeSpan pace) => RunAsync(Restorer.AllPartitions, pace);

    private async Task<long> RunAsync(int partitions, TimeSpan pace)
    {
        var (_, changed, failed) = await restorer.RestoreAllAsync(partitions, pace);
        var (removed, unread) = await RemoveOrphansAsync(partitions & ~failed);
        var drift = changed + removed;
        metrics.Drift(drift);
        if ((failed | unread) == 0) metrics.Compared();
        if (drift > 0) logger.DirectoryDrift(drift);
        return drift;
    }

    // A hello may be entered and not yet registered here. So an entry is removed when two rounds in a row find it without its client.
    private async Task<(long Removed, int Failed)> RemoveOrphansAsync(int partitions)
    {
        var (removed, failed, epoch) = (0L, 0, node.Self.Epoch);
        var before = _suspects.ToLookup(s => RedisKeys.PartitionOf(s.Key));
        var suspects = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var partition = 0; partition < RedisKeys.Partitions; partition++)
        {
            try
            {
                removed += await RemoveAsync(partition, epoch, before[partition]);
                if ((partitions & (1 << partition)) != 0) await FindAsync(partition, epoch, suspects);
            }
            catch (Exception e) when (RedisConnection.IsFailure(e))
            {
                // RedisHealth has noted it. The other partitions may be on other masters.
                failed |= 1 << partition;
            }
        }

        _suspects = suspects;
        return (removed, failed);
    }

    private async Task<long> RemoveAsync(int partition, string epoch, IEnumerable<KeyValuePair<string, string>> suspects)
    {
        var removed = 0L;
        foreach (var some in suspects.Where(s => IsUnknown(s.Key)).Chunk(DirectoryScan.MaxBatch))
        {
            var entries = await scan.ReadAsync(partition, epoch, [.. some.Select(s => s.Key)]);
            var orphans = entries.Zip(some).Where(p => p.Second.Value == (p.First.Entry?.C ?? "")).Select(p => Orphan(p.First.Id, p.First.Entry)).ToList();
            if (orphans.Count > 0) removed += (await leaves.RunAsync(partition, orphans)).Count(a => a.IsRemoved);
        }

        return removed;
    }

    private async Task FindAsync(int partition, string epoch, Dictionary<string, string> suspects)
    {
        // The entry of a client that is here was compared with its connection.
        await foreach (var entries in scan.ReadAsync(partition, epoch, IsUnknown))
        {
            foreach (var (id, entry) in entries.Take(MaxSuspects - suspects.Count)) suspects[id] = entry?.C ?? "";
        }
    }

    private bool IsUnknown(string id) => local.Clients.Find(id) is null;

    private TimedDeparture Orphan(string id, EntryJson? entry) =>
        new(LeaveBatch.OfUnknown(new ClusterMember(id, entry?.G ?? 0, entry?.C ?? "") { Session = entry?.S ?? "" }), timeProvider.GetTimestamp());
}
