using HeartbeatGateway.Redis.Bans;
using HeartbeatGateway.Redis.Streams;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis;

/// <summary>What a node uses beside the directory.</summary>
/// <param name="Channel">Questions between nodes.</param>
/// <param name="Follow">The presence events of all nodes.</param>
internal sealed record ClusterParts(INodeChannel Channel, Func<CancellationToken, IAsyncEnumerable<ClusterEvent>> Follow)
{
    /// <summary>The bans; null for none.</summary>
    public RedisBans? Bans { get; init; }

    /// <summary>The sink; null for none.</summary>
    public RedisMessageSink? MessageSink { get; init; }
}
