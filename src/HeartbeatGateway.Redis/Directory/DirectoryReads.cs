using System.Text.Json;
using HeartbeatGateway.Redis.Scripts;
using HeartbeatGateway.Server.Clusters;
using StackExchange.Redis;
using ClusterNode = HeartbeatGateway.Server.Clusters.ClusterNode;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>What callers ask of the directory: one client, the nodes, and holding a message.</summary>
internal sealed class DirectoryReads(DirectoryCalls calls, RedisKeys keys, HeldStore held, RedisClock clock)
{
    /// <summary>As <see cref="ICluster.FindAsync"/>.</summary>
    public async ValueTask<ClusterMember?> FindAsync(string clientId, CancellationToken cancellationToken)
    {
        var partition = RedisKeys.PartitionOf(clientId);
        var raw = await AskAsync(calls.CallAsync(partition, d => d.HashGetAsync(keys.Directory(partition), clientId)), cancellationToken);
        return DirectoryScan.Read(raw) is not { } entry ? null : new ClusterMember(clientId, entry.G, entry.C)
        {
            Epoch = entry.E,
            Instance = entry.I,
            Attempt = entry.A ?? -1,
            Session = entry.S,
            ConnectedFor = TimeSpan.FromMilliseconds(Math.Max(0, clock.Now - entry.T)),
            Reconnects = entry.R,
        };
    }

    /// <summary>As <see cref="ICluster.ListNodesAsync"/>.</summary>
    public async ValueTask<IReadOnlyList<ClusterNode>> ListNodesAsync(CancellationToken cancellationToken)
    {
        var answer = ((RedisResult[]?)await AskAsync(calls.RunAsync(RedisHealth.NodeKeys, LuaScripts.Nodes, [keys.Leases, keys.Nodes], []), cancellationToken))!;
        clock.Note((long)answer[0]);
        var nodes = new List<ClusterNode>(answer.Length / 2);
        for (var i = 1; i + 1 < answer.Length; i += 2)
        {
            var epoch = ((string?)answer[i])!;
            var info = (string?)answer[i + 1] is { Length: > 0 } json ? ReadNode(json) : null;
            nodes.Add(new ClusterNode(epoch, info?.Name ?? "") { StartedAt = info?.StartedAt, Version = info?.Version });
        }

        nodes.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name) is not 0 and var order ? order : string.CompareOrdinal(a.Epoch, b.Epoch));
        return nodes;
    }

    /// <summary>As <see cref="ICluster.HoldAsync"/>.</summary>
    public async ValueTask<bool> HoldAsync(string clientId, ReadOnlyMemory<byte> message, TimeSpan timeToLive, CancellationToken cancellationToken) =>
        await AskAsync(held.HoldAsync(clientId, message, timeToLive), cancellationToken);

    private static NodeInfo? ReadNode(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, NodeJson.Default.NodeInfo);
        }
        catch (JsonException)
        {
            // A node of another version tells it otherwise; it is listed without a name.
            return null;
        }
    }

    private static async ValueTask<T> AskAsync<T>(Task<T> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call.WaitAsync(cancellationToken);
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            throw new ClusterUnavailableException("Redis cannot be reached, or refused the call. Its log line and that of this gateway say why.", e);
        }
    }
}
