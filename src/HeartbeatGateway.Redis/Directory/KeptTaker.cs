using System.Security.Cryptography;
using HeartbeatGateway.Redis.Scripts;
using HeartbeatGateway.Server.Clusters;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>
/// Takes what Redis holds for clients. It is removed there when the node has it, so a lost answer loses nothing. What was taken is not taken again from an answer
/// that Redis gave before it was removed. When Redis cannot be reached, it is removed later. Thread-safe.
/// </summary>
internal sealed class KeptTaker(DirectoryCalls calls, RedisKeys keys, RedisClock clock, BackgroundWork work, TimeProvider timeProvider, ILogger logger)
{
    /// <summary>Clients at most of which something was taken a short time ago, or is not removed yet. What is kept for others stays in Redis until their next comparison.</summary>
    public const int MaxClients = 262_144;

    /// <summary>Bytes at most that are taken and not removed yet.</summary>
    public const long MaxBytes = 256 * 1024 * 1024;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <summary>By then no answer is on its way that Redis gave before something was removed: a call ends within 750 ms.</summary>
    private static readonly TimeSpan Remember = TimeSpan.FromSeconds(3);

    private readonly Dictionary<string, List<Taken>> _taken = new(StringComparer.Ordinal);
    private readonly LogPause _refusedLines = new(timeProvider);
    private readonly Lock _lock = new();
    private long _bytes;
    private long _refused;
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
        Taken? taken = null;
        lock (_lock)
        {
            var before = _taken.GetValueOrDefault(clientId);
            var kept = before is null ? stored : Without(stored, before);
            if (kept.IsEmpty) return new Taking(this, null, ClusterKept.None);
            if ((before is not null || _taken.Count < MaxClients) && _bytes + kept.Bytes <= MaxBytes)
            {
                taken = new Taken(clientId, kept);
                _bytes += kept.Bytes;
                if (before is null) _taken[clientId] = before = [];
                before.Add(taken);
            }
        }

        if (taken is not null) return new Taking(this, taken, taken.Kept.At(clock.NowOf(RedisKeys.PartitionOf(clientId))));
        Interlocked.Increment(ref _refused);
        if (_refusedLines.Allows()) logger.KeptNotTaken(Interlocked.Exchange(ref _refused, 0));
        return new Taking(this, null, ClusterKept.None);
    }

    private static StoredKept Without(StoredKept stored, List<Taken> before)
    {
        var known = before.SelectMany(t => t.Ids).ToHashSet();
        var delivery = known.Contains(IdOf(stored.Delivery)) ? RedisValue.EmptyString : stored.Delivery;
        return new StoredKept(delivery, [.. stored.Held.Where(h => !known.Contains(IdOf(h)))]);
    }

    private static Guid IdOf(RedisValue value) => new(SHA256.HashData(((ReadOnlyMemory<byte>)value).Span).AsSpan(0, 16));

    private async Task CommitAsync(Taken taken, TimeSpan bound)
    {
        lock (_lock) taken.IsOurs = true;
        try
        {
            await RemoveAsync(taken).WaitAsync(bound > TimeSpan.Zero ? bound : TimeSpan.Zero, timeProvider);
        }
        catch (TimeoutException)
        {
            // It is removed later.
        }
    }

    private void Forget(Taken taken)
    {
        lock (_lock) ForgetLocked(taken);
    }

    private void ForgetLocked(Taken taken)
    {
        if (!_taken.TryGetValue(taken.ClientId, out var all) || !all.Remove(taken)) return;
        _bytes -= taken.Kept.Bytes;
        if (all.Count == 0) _taken.Remove(taken.ClientId);
    }

    /// <summary>Never throws.</summary>
    /// <returns>False when it was not removed.</returns>
    private async Task<bool> RemoveAsync(Taken taken)
    {
        var partition = RedisKeys.PartitionOf(taken.ClientId);
        try
        {
            RedisKey[] names = [keys.Delivery(partition, taken.ClientId), keys.Held(partition, taken.ClientId)];
            await calls.RunAsync(partition, LuaScripts.Taken, names, [taken.Kept.Delivery, .. taken.Kept.Held]);
            lock (_lock)
            {
                _bytes -= taken.Kept.Bytes;
                taken.Removed(timeProvider.GetTimestamp());
            }

            return true;
        }
        catch (Exception e)
        {
            // It is removed later. Failures of Redis are logged by RedisHealth.
            work.Failed("remove what was taken of a client", e);
            return false;
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

        // In a Redis Cluster one master may be away alone.
        var failed = 0;
        foreach (var taken in open)
        {
            var partition = 1 << RedisKeys.PartitionOf(taken.ClientId);
            if ((failed & partition) == 0 && !await RemoveAsync(taken)) failed |= partition;
        }

        return true;
    }

    /// <summary>Something that is about to be given to a client, or was.</summary>
    internal sealed class Taken(string clientId, StoredKept kept)
    {
        public string ClientId => clientId;

        /// <summary>What was taken; empty when it is removed.</summary>
        public StoredKept Kept { get; private set; } = kept;

        /// <summary>Identify the state and each message.</summary>
        public IReadOnlyList<Guid> Ids { get; } = [.. kept.Held.Append(kept.Delivery).Where(v => !v.IsNullOrEmpty).Select(IdOf)];

        /// <summary>The node has it.</summary>
        public bool IsOurs { get; set; }

        /// <summary>When Redis had removed it; null before.</summary>
        public long? RemovedAt { get; private set; }

        public void Removed(long at) => (Kept, RemovedAt) = (StoredKept.None, at);
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
