using HeartbeatGateway.Redis.Scripts;
using HeartbeatGateway.Server.Clusters;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>A connected client, and when its <see cref="ClusterMember.ConnectedFor"/> was measured.</summary>
internal sealed record TimedMember(ClusterMember Member, long At);

/// <summary>What Restore.lua decided.</summary>
internal enum RestoreStatus
{
    /// <summary>The entry was right.</summary>
    Same,

    /// <summary>The entry named an earlier epoch of the node, and names the present one now.</summary>
    Renewed,

    /// <summary>The client was entered.</summary>
    Kept,

    /// <summary>Another connection of the client has the entry.</summary>
    Displaced,

    /// <summary>Another hello has claimed the token.</summary>
    Claimed,

    /// <summary>The connection's departure came first: it was not entered.</summary>
    Left,
}

/// <summary>The answer for a member.</summary>
internal sealed record RestoreAnswer(RestoreStatus Status)
{
    /// <summary>The connection that has lost its place to this one; null for none.</summary>
    public ClusterPrevious? Loser { get; init; }

    public StoredKept Kept { get; init; } = StoredKept.None;
}

/// <summary>Members for Restore.lua.</summary>
internal sealed class RestoreBatch(ScriptBatches batches, RedisKeys keys, NodeIdentity node, RedisOptions options, RedisClock clock, TimeProvider timeProvider)
{
    /// <summary>Enters clients of a partition that are connected already.</summary>
    public async Task<IReadOnlyList<RestoreAnswer>> RunAsync(int partition, IReadOnlyList<TimedMember> members)
    {
        var (epoch, former) = node.Current;
        var names = new List<RedisKey>(5 + (4 * members.Count))
        {
            keys.Directory(partition), keys.Events(partition), keys.Epochs(partition), keys.NodeEntries(partition, epoch), keys.Boot(partition),
        };
        var arguments = new List<RedisValue>(6 + (12 * members.Count))
        {
            epoch, former, options.NodeName, BootMarkers.Draw(), options.MaxEvents, clock.NowOf(partition),
        };
        foreach (var (member, at) in members)
        {
            var ended = keys.Ended(partition, member.ClientId);
            var claim = member is { IsUnclaimed: true, TokenFingerprint: { } fingerprint } ? keys.Claim(partition, fingerprint) : null;
            var age = member.ConnectedFor + timeProvider.GetElapsedTime(at);
            var claimFor = claim is null ? 0 : Math.Max(1, (long)member.ClaimFor.TotalMilliseconds);
            names.AddRange([ended, keys.Delivery(partition, member.ClientId), keys.Held(partition, member.ClientId), claim ?? ended]);
            arguments.AddRange([member.ClientId, member.Generation, member.ConnectionId, member.Session, member.Instance ?? "", member.Attempt,
                (long)age.TotalMilliseconds, member.Reconnects, node.ClaimOf(member.ConnectionId), claimFor,
                EntryFields.Required(node, member.ConnectionId), EntryFields.Optional(member.Instance, member.Attempt)]);
        }

        var answers = await batches.RunAsync(DirectoryOperation.Restore, LuaScripts.Restore, partition, members.Count, [.. names], [.. arguments]);
        return [.. answers.Select(a => Read(((RedisResult[]?)a)!))];
    }

    private static RestoreAnswer Read(RedisResult[] answer)
    {
        var status = (string?)answer[0] switch
        {
            "same" => RestoreStatus.Same,
            "renewed" => RestoreStatus.Renewed,
            "kept" => RestoreStatus.Kept,
            "displaced" => RestoreStatus.Displaced,
            "claimed" => RestoreStatus.Claimed,
            "left" => RestoreStatus.Left,
            var unknown => throw new RedisException($"Restore answered '{unknown}'."),
        };
        if (answer.Length < 6) return new RestoreAnswer(status);
        return new RestoreAnswer(status)
        {
            Loser = (string?)answer[1] is { Length: > 0 } epoch ? ReadLoser(epoch, answer) : null,
            Kept = StoredKept.Read(answer[5], answer.AsSpan(6)),
        };
    }

    private static ClusterPrevious ReadLoser(string epoch, RedisResult[] answer) => new(epoch, ((string?)answer[2])!, "", (long)answer[3])
    {
        Instance = (string?)answer[4] is { Length: > 0 } instance ? instance : null,
    };
}
