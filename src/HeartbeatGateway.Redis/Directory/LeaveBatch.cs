using HeartbeatGateway.Protocol;
using HeartbeatGateway.Redis.Scripts;
using HeartbeatGateway.Server.Clusters;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>A departure, and when it was told.</summary>
internal sealed record TimedDeparture(ClusterDeparture Departure, long At);

/// <summary>What Leave.lua has done.</summary>
/// <param name="IsRemoved">The entry was the node's own, and is removed.</param>
/// <param name="ConnectedTo">The epoch of the node to which the client is connected, when what it left unacknowledged was kept all the same; null otherwise.</param>
internal readonly record struct LeaveAnswer(bool IsRemoved, string? ConnectedTo);

/// <summary>Departures for Leave.lua.</summary>
internal sealed class LeaveBatch(ScriptBatches batches, RedisKeys keys, NodeIdentity node, RedisOptions options, TimeProvider timeProvider)
{
    /// <summary>For how long a client is recognised whose connection the engine does not know any more.</summary>
    private static readonly TimeSpan RememberUnknown = TimeSpan.FromMinutes(10);

    /// <summary>The departure of a connection that the engine does not know any more, so that nothing tells why it ended.</summary>
    public static ClusterDeparture OfUnknown(ClusterMember member) => new(member, CloseReason.PeerClosed.ToWireName()) { RememberFor = RememberUnknown };

    /// <summary>Removes clients of a partition.</summary>
    /// <returns>The answer for each.</returns>
    public async Task<IReadOnlyList<LeaveAnswer>> RunAsync(int partition, IReadOnlyList<TimedDeparture> departures)
    {
        var (epoch, former) = node.Current;
        var entries = keys.NodeEntries(partition, epoch);
        var names = new List<RedisKey>(5 + (2 * departures.Count))
        {
            keys.Directory(partition), keys.Events(partition), entries, former.Length > 0 ? keys.NodeEntries(partition, former) : entries, keys.Boot(partition),
        };
        var arguments = new List<RedisValue>(4 + (11 * departures.Count)) { epoch, former, options.MaxEvents, options.NodeName };
        foreach (var (departure, at) in departures)
        {
            var member = departure.Member;
            var waited = timeProvider.GetElapsedTime(at);
            names.AddRange([keys.Ended(partition, member.ClientId), keys.Delivery(partition, member.ClientId)]);
            arguments.AddRange([member.ClientId, member.Generation, member.ConnectionId, member.Session, departure.Reason, departure.Cause ?? "",
                (long)(departure.LastByteAge + waited).TotalMilliseconds, Left(departure.RememberFor, waited), departure.Delivery,
                Left(departure.KeepDeliveryFor, waited), (long)waited.TotalMilliseconds]);
        }

        var answers = await batches.RunAsync(DirectoryOperation.Leave, LuaScripts.Leave, partition, departures.Count, [.. names], [.. arguments]);
        return [.. answers.Select(a => Read(((RedisResult[]?)a)!))];
    }

    private static LeaveAnswer Read(RedisResult[] answer) => new((int)answer[0] == 1, (string?)answer[1] is { Length: > 0 } epoch ? epoch : null);

    private static long Left(TimeSpan time, TimeSpan waited) => Math.Max(0, (long)(time - waited).TotalMilliseconds);
}
