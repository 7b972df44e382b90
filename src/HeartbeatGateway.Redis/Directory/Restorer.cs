using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>
/// Enters clients that are connected already: single ones as they are told, and all of some partitions when Redis came back, a partition was lost or the lease
/// had lapsed. All are spread with jitter, at 8,000 a second for each node.
/// </summary>
internal sealed class Restorer : IDisposable
{
    /// <summary>A bit for each partition.</summary>
    public const int AllPartitions = (1 << RedisKeys.Partitions) - 1;

    private const int PerSecond = 8_000;
    private const int MaxJitterMilliseconds = 500;

    private readonly LocalClients _local;
    private readonly UnclaimedMembers _unclaimed;
    private readonly RestoreBatch _batch;
    private readonly RestoreOutcomes _outcomes;
    private readonly Lease _lease;
    private readonly BackgroundWork _work;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly PartitionQueues<TimedMember, RestoreAnswer> _queues;
    private int _wanted;
    private int _isRunning;

    public Restorer(
        LocalClients local,
        UnclaimedMembers unclaimed,
        RestoreBatch batch,
        RestoreOutcomes outcomes,
        Lease lease,
        BackgroundWork work,
        TimeProvider timeProvider,
        ILogger logger)
    {
        (_local, _unclaimed, _batch, _outcomes, _lease, _work, _timeProvider, _logger) = (local, unclaimed, batch, outcomes, lease, work, timeProvider, logger);
        _queues = new PartitionQueues<TimedMember, RestoreAnswer>(batch.RunAsync, timeProvider);
    }

    public int Waiting => _queues.Waiting;

    /// <summary>Partitions wait to be restored.</summary>
    public bool IsWanted => Volatile.Read(ref _wanted) != 0;

    /// <summary>Nothing waits and nothing runs.</summary>
    public bool IsIdle => !IsWanted && Volatile.Read(ref _isRunning) == 0 && _queues.IsIdle;

    /// <summary>Enters one client.</summary>
    public void Add(ClusterMember member)
    {
        if (member.IsUnclaimed) _unclaimed.Add(member);
        if (!_lease.Held.IsCompleted)
        {
            // An entry without a lease would be reaped. The first lease restores all.
            Want(RedisKeys.PartitionOf(member.ClientId));
            return;
        }

        var item = _queues.Add(member.ClientId, new TimedMember(_unclaimed.Complete(member), _timeProvider.GetTimestamp()));
        // A refused one, or one that fails, is entered with all others of its partition.
        if (item is null) Want(RedisKeys.PartitionOf(member.ClientId));
        else _ = ApplyAsync(item);
    }

    /// <summary>All clients of a partition have to be entered, from the next <see cref="Run"/> on.</summary>
    public void Want(int partition) => Interlocked.Or(ref _wanted, 1 << partition);

    /// <summary>All clients of some partitions have to be entered, from the next <see cref="Run"/> on.</summary>
    /// <param name="partitions">A bit for each partition that is wanted.</param>
    public void WantAll(int partitions = AllPartitions) => Interlocked.Or(ref _wanted, partitions);

    /// <summary>Begins to enter what is wanted, unless that runs.</summary>
    public void Run()
    {
        if (!IsWanted || Interlocked.Exchange(ref _isRunning, 1) == 1) return;
        if (!_work.Run("restore the clients of the node", RunAsync)) Volatile.Write(ref _isRunning, 0);
    }

    /// <summary>Compares members with the directory, a partition's at most 128 at once.</summary>
    /// <returns>How many were not as the directory had them.</returns>
    public async Task<int> RestoreAsync(int partition, IReadOnlyList<TimedMember> members)
    {
        IReadOnlyList<RestoreAnswer> answers;
        try
        {
            answers = await _batch.RunAsync(partition, members);
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            // Redis may have done it.
            foreach (var (member, _) in members) _outcomes.LeaveIfGone(member);
            throw;
        }

        var changed = 0;
        for (var i = 0; i < answers.Count; i++)
        {
            _outcomes.Apply(members[i].Member, answers[i]);
            if (answers[i].Status is RestoreStatus.Kept or RestoreStatus.Displaced or RestoreStatus.Claimed) changed++;
        }

        return changed;
    }

    public void Dispose() => _queues.Dispose();

    private async Task ApplyAsync(BatchItem<TimedMember, RestoreAnswer> item)
    {
        try
        {
            _outcomes.Apply(item.Item.Member, await item.Answer);
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            // Redis may have done it.
            _outcomes.LeaveIfGone(item.Item.Member);
            Want(RedisKeys.PartitionOf(item.Item.Member.ClientId));
        }
        catch (Exception e)
        {
            _work.Failed("restore a client", e);
        }
    }

    private async Task RunAsync()
    {
        var (partitions, failed, isWanted) = (0, 0, false);
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(MaxJitterMilliseconds)), _timeProvider, _work.Stopping);
            partitions = Interlocked.Exchange(ref _wanted, 0);
            var started = _timeProvider.GetTimestamp();
            var count = await RestoreAllAsync(partitions, TimeSpan.FromSeconds(1.0 / PerSecond));
            (failed, isWanted) = (count.Failed, IsWanted);
            if (failed != partitions) _logger.ClientsRestored(count.Members, _timeProvider.GetElapsedTime(started).TotalSeconds);
            partitions = failed;
        }
        finally
        {
            // What failed. The next renewal begins again.
            Interlocked.Or(ref _wanted, partitions);
            Volatile.Write(ref _isRunning, 0);
        }

        // What was wanted meanwhile.
        if (isWanted) Run();
    }

    /// <summary>Compares all members of some partitions with the directory.</summary>
    /// <param name="partitions">A bit for each.</param>
    /// <param name="pace">The time for each member, on average.</param>
    /// <returns>How many members were compared and how many were not as the directory had them, and the partitions whose call failed, a bit for each.</returns>
    public async Task<(int Members, int Changed, int Failed)> RestoreAllAsync(int partitions, TimeSpan pace)
    {
        var started = _timeProvider.GetTimestamp();
        var (members, changed, failed) = (0, 0, 0);
        var full = new List<TimedMember>[RedisKeys.Partitions];
        foreach (var member in _local.Clients.Members())
        {
            var partition = RedisKeys.PartitionOf(member.ClientId);
            if ((partitions & ~failed & (1 << partition)) == 0) continue;
            var batch = full[partition] ??= [];
            batch.Add(new TimedMember(_unclaimed.Complete(member), _timeProvider.GetTimestamp()));
            if (batch.Count < BatchQueue<TimedMember, RestoreAnswer>.MaxBatch) continue;
            full[partition] = [];
            await SendAsync(partition, batch);
        }

        for (var partition = 0; partition < full.Length; partition++)
        {
            if (full[partition] is { Count: > 0 } batch) await SendAsync(partition, batch);
        }

        return (members, changed, failed);

        async Task SendAsync(int partition, List<TimedMember> batch)
        {
            // The time at which it is due, give or take half a batch.
            var due = pace * (members + (batch.Count * (Random.Shared.NextDouble() - 0.5)));
            var wait = due - _timeProvider.GetElapsedTime(started);
            if (wait > TimeSpan.Zero) await Task.Delay(wait, _timeProvider, _work.Stopping);
            // Those that left meanwhile.
            batch.RemoveAll(m => _local.Find(m.Member.ClientId, m.Member.ConnectionId) is null);
            if (batch.Count == 0) return;
            try
            {
                changed += await RestoreAsync(partition, batch);
                members += batch.Count;
            }
            catch (Exception e) when (RedisConnection.IsFailure(e))
            {
                // RedisHealth has noted it. The other partitions may be on other masters.
                failed |= 1 << partition;
            }
        }
    }

    /// <summary>As <see cref="RestoreAllAsync(int, TimeSpan)"/>, for all partitions.</summary>
    public Task<(int Members, int Changed, int Failed)> RestoreAllAsync(TimeSpan pace) => RestoreAllAsync(AllPartitions, pace);
}
