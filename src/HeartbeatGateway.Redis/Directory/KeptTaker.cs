using HeartbeatGateway.Redis.Scripts;
using HeartbeatGateway.Server.Clusters;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>
/// Takes what Redis holds for clients. It is removed there when the node has it, so a lost answer loses nothing. What was taken is not taken again from an answer
/// that Redis gave before it was removed. When Redis cannot be reached, it is removed later. Thread-safe.
/// </summary>
internal sealed class KeptTaker(DirectoryCalls calls, RedisKeys keys, RedisClock clock, BackgroundWork work, TimeProvider timeProvider)
{
    /// <summary>Clients at most of which something was taken. What is kept for others stays in Redis until their next comparison.</summary>
    public const int MaxClients = 16_384;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <summary>By then no answer is on its way that Redis gave before something was removed.</summary>
    private static readonly TimeSpan Remember = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, List<Taken>> _taken = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private bool _isRunning;

    /// <summary>Clients of which something was taken a short time ago, or is not removed yet.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _taken.Count;
        }
    }

    /// <summary>Takes what was not taken before.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="stored">What a script has answered.</param>
    /// <returns>To be ended in one of two ways: the node has it, or not.</returns>
    public Taking Take(string clientId, StoredKept stored)
    {
        if (stored.IsEmpty) return new Taking(this, null, ClusterKept.None);
        Taken taken;
        lock (_lock)
        {
            var before = _taken.GetValueOrDefault(clientId);
            if (before is null && _taken.Count >= MaxClients) return new Taking(this, null, ClusterKept.None);
            taken = new Taken(clientId, Without(stored, before));
            if (taken.Kept.IsEmpty) return new Taking(this, null, ClusterKept.None);
            if (before is null) _taken[clientId] = before = [];
            before.Add(taken);
        }

        return new Taking(this, taken, taken.Kept.At(clock.NowOf(RedisKeys.PartitionOf(clientId))));
    }

    private static StoredKept Without(StoredKept stored, List<Taken>? before)
    {
        if (before is null) return stored;
        var delivery = before.Exists(t => t.Kept.Delivery == stored.Delivery) ? RedisValue.EmptyString : stored.Delivery;
        var known = before.SelectMany(t => t.Kept.Held).ToHashSet();
        return new StoredKept(delivery, [.. stored.Held.Where(h => !known.Contains(h))]);
    }

    private async Task CommitAsync(Taken taken, TimeSpan bound)
    {
        lock (_lock) taken.IsOurs = true;
        try
        {
            await RemoveAsync(taken).WaitAsync(bound > TimeSpan.Zero ? bound : TimeSpan.Zero, timeProvider);
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            // RedisHealth has noted it. It is removed later.
        }
    }

    private void Forget(Taken taken)
    {
        lock (_lock) ForgetLocked(taken);
    }

    private void ForgetLocked(Taken taken)
    {
        if (!_taken.TryGetValue(taken.ClientId, out var all) || !all.Remove(taken)) return;
        if (all.Count == 0) _taken.Remove(taken.ClientId);
    }

    private async Task RemoveAsync(Taken taken)
    {
        var partition = RedisKeys.PartitionOf(taken.ClientId);
        try
        {
            RedisKey[] names = [keys.Delivery(partition, taken.ClientId), keys.Held(partition, taken.ClientId)];
            await calls.RunAsync(partition, LuaScripts.Taken, names, [taken.Kept.Delivery, .. taken.Kept.Held]);
            lock (_lock) taken.RemovedAt = timeProvider.GetTimestamp();
        }
        finally
        {
            RunLater();
        }
    }

    private void RunLater()
    {
        lock (_lock)
        {
            if (_isRunning || _taken.Count == 0) return;
            _isRunning = true;
        }

        work.RunAlways("remove what was taken of clients", RunAsync);
    }

    private async Task RunAsync()
    {
        try
        {
            for (var isOpen = true; isOpen;)
            {
                await Task.Delay(Every, timeProvider, work.Stopping);
                isOpen = await RunOnceAsync();
            }
        }
        finally
        {
            lock (_lock) _isRunning = false;
            // One may have come since.
            if (!work.Stopping.IsCancellationRequested) RunLater();
        }
    }

    /// <returns>False when nothing is left.</returns>
    private async Task<bool> RunOnceAsync()
    {
        List<Taken> open;
        lock (_lock)
        {
            var all = _taken.Values.SelectMany(t => t).ToList();
            foreach (var taken in all.Where(t => t.RemovedAt is { } at && timeProvider.GetElapsedTime(at) >= Remember)) ForgetLocked(taken);
            open = [.. all.Where(t => t is { IsOurs: true, RemovedAt: null })];
            if (_taken.Count == 0) return false;
        }

        foreach (var taken in open)
        {
            if (!calls.IsUp) break;
            try
            {
                await RemoveAsync(taken);
            }
            catch (Exception e) when (RedisConnection.IsFailure(e))
            {
                // RedisHealth has noted it. Others may be on other masters.
            }
        }

        return true;
    }

    /// <summary>Something that is about to be given to a client, or was.</summary>
    internal sealed class Taken(string clientId, StoredKept kept)
    {
        public string ClientId => clientId;

        public StoredKept Kept => kept;

        /// <summary>The node has it.</summary>
        public bool IsOurs { get; set; }

        /// <summary>When Redis had removed it; null before.</summary>
        public long? RemovedAt { get; set; }
    }

    /// <summary>What was taken of one client, until it is given to it.</summary>
    internal readonly struct Taking(KeptTaker taker, Taken? taken, ClusterKept kept)
    {
        /// <summary>What was taken.</summary>
        public ClusterKept Kept => kept;

        /// <summary>The node has it: it is removed from Redis, or later when that fails.</summary>
        /// <param name="bound">How long to wait.</param>
        public Task CommitAsync(TimeSpan bound) => taken is null ? Task.CompletedTask : taker.CommitAsync(taken, bound);

        /// <summary>The node does not have it: it stays in Redis for the client's next connection.</summary>
        public void Cancel()
        {
            if (taken is not null) taker.Forget(taken);
        }
    }
}
