using HeartbeatGateway.Redis.Scripts;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>The lease of this node by Redis' clock.</summary>
internal sealed class Lease(DirectoryCalls calls, RedisKeys keys, NodeIdentity node, RedisOptions options, RedisClock clock, TimeProvider timeProvider)
{
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _heldSince;

    /// <summary>Completes when the node has its first lease.</summary>
    public Task Held => _held.Task;

    /// <summary>
    /// Lapsed leases of other nodes may be removed. Not before the node has had its own, and Redis has answered, for as long as a lease: after an outage or a
    /// step of Redis' clock all leases may have lapsed, and the other nodes need as long to renew theirs.
    /// </summary>
    public bool MayReap =>
        Held.IsCompleted && calls.NodesUpFor >= options.Lease && timeProvider.GetElapsedTime(Volatile.Read(ref _heldSince)) >= options.Lease;

    /// <summary>Renews the lease, or takes the first one. When it had lapsed, takes one for a new epoch, which becomes the node's.</summary>
    /// <param name="mayReap">Whether lapsed leases of other nodes may be removed.</param>
    public async Task<LeaseRenewal> RenewAsync(bool mayReap)
    {
        var isFirst = !_held.Task.IsCompleted;
        var answer = await RunAsync(node.Self.Epoch, isFirst, mayReap);
        string? former = null;
        if ((string?)answer[0] == "lapsed")
        {
            former = node.Self.Epoch;
            var epoch = NodeIdentity.NewEpoch();
            answer = await RunAsync(epoch, isNew: true, mayReap: false);
            node.Change(epoch);
        }

        if (isFirst || former is not null) Volatile.Write(ref _heldSince, timeProvider.GetTimestamp());
        _held.TrySetResult();
        return new LeaseRenewal(isFirst, former, (long)answer[2], [.. answer.Skip(3).Select(a => ((string?)a)!)]);
    }

    /// <summary>Ends the lease now, so that another node removes what is left of this one.</summary>
    public Task EndAsync() => _held.Task.IsCompleted
        ? calls.CallAsync(RedisHealth.NodeKeys, d => d.SortedSetAddAsync(keys.Leases, node.Self.Epoch, 0, SortedSetWhen.Exists))
        : Task.CompletedTask;

    private async Task<RedisResult[]> RunAsync(string epoch, bool isNew, bool mayReap)
    {
        RedisValue[] arguments = [epoch, (long)options.Lease.TotalMilliseconds, node.Json, isNew ? 1 : 0, mayReap ? 1 : 0];
        var answer = ((RedisResult[]?)await calls.RunAsync(RedisHealth.NodeKeys, LuaScripts.Renew, [keys.Leases, keys.Nodes], arguments))!;
        clock.Note((long)answer[1]);
        return answer;
    }
}

/// <summary>The answer to a renewal.</summary>
/// <param name="IsFirst">The node had no lease before.</param>
/// <param name="Former">The node's epoch until now, when its lease had lapsed; null otherwise.</param>
/// <param name="Nodes">How many nodes have a lease.</param>
/// <param name="Lapsed">Epochs whose lease was removed: this node reaps them.</param>
internal sealed record LeaseRenewal(bool IsFirst, string? Former, long Nodes, IReadOnlyList<string> Lapsed);
