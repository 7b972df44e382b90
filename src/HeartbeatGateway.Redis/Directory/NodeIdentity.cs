using System.Text.Json;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>Under which epochs this node is and was known. The epoch is random, and changes when the node's lease has lapsed. Thread-safe.</summary>
internal sealed class NodeIdentity
{
    private readonly ClusterNode _first;
    private volatile Epochs _epochs;

    public NodeIdentity(RedisOptions options, TimeProvider timeProvider)
    {
        _first = new ClusterNode(NewEpoch(), options.NodeName) { StartedAt = timeProvider.GetUtcNow(), Version = options.Version };
        _epochs = new Epochs(_first, "");
        NameJson = JsonSerializer.Serialize(options.NodeName, NodeJson.Default.String);
        var info = new NodeInfo(options.NodeName, _first.StartedAt, options.Version) { Lease = (long)options.Lease.TotalMilliseconds };
        Json = JsonSerializer.Serialize(info, NodeJson.Default.NodeInfo);
    }

    /// <summary>This node under its present epoch.</summary>
    public ClusterNode Self => _epochs.Self;

    /// <summary>The epoch before the present one; empty for none.</summary>
    public string Former => _epochs.Former;

    /// <summary>What the list of nodes tells of it.</summary>
    public string Json { get; }

    /// <summary>Its name as JSON.</summary>
    public string NameJson { get; }

    /// <summary>
    /// The value with which a connection claims its token: the epoch of the process' start, so that a connection finds its own claim again after a
    /// lapsed lease.
    /// </summary>
    public string ClaimOf(string connectionId) => $"{_first.Epoch}/{connectionId}";

    /// <summary>Both are taken at once.</summary>
    public (string Epoch, string Former) Current => _epochs is var epochs ? (epochs.Self.Epoch, epochs.Former) : default;

    /// <summary>Present or former epoch of this node.</summary>
    public bool IsOwn(string epoch) => _epochs is var epochs && (epoch == epochs.Self.Epoch || epoch == epochs.Former);

    /// <summary>The node has the lease of a new epoch.</summary>
    public void Change(string epoch) => _epochs = new Epochs(_first with { Epoch = epoch }, _epochs.Self.Epoch);

    public static string NewEpoch() => Guid.NewGuid().ToString("N");

    private sealed record Epochs(ClusterNode Self, string Former);
}
