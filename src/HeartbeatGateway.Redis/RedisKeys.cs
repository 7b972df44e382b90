using System.Text;

namespace HeartbeatGateway.Redis;

/// <summary>
/// The names of keys and channels. A client's keys are in one of 16 partitions: CRC16 of its id, as Redis Cluster computes it for a key, modulo 16. All keys of a
/// partition have its hash tag, so one script can use them. docs/cluster.md documents them for programs in other languages.
/// </summary>
/// <param name="prefix">What all begin with.</param>
internal sealed class RedisKeys(string prefix)
{
    /// <summary>The number of partitions.</summary>
    public const int Partitions = 16;

    /// <summary>The hash tags. Their slots are in the middle of 16 equal ranges of slots, so 1 to 16 masters get an equal share, as equal as it can be.</summary>
    public static IReadOnlyList<string> Tags { get; } = HashTags.Choose(Partitions);

    public string Prefix => prefix;

    /// <summary>The partition of a client.</summary>
    public static int PartitionOf(string clientId) => Crc16.Of(Encoding.UTF8.GetBytes(clientId)) % Partitions;

    /// <summary>Hash: client id to entry (JSON).</summary>
    public string Directory(int partition) => Of(partition, "dir");

    /// <summary>Set: the ids of a node's entries, so that a lost node's are found.</summary>
    public string NodeEntries(int partition, string epoch) => Of(partition, $"node:{epoch}");

    /// <summary>Set: the epochs that have entries in the partition, or had.</summary>
    public string Epochs(int partition) => Of(partition, "epochs");

    /// <summary>String that expires: the last connection of a client that has left (JSON).</summary>
    public string Ended(int partition, string clientId) => Of(partition, $"ended:{clientId}");

    /// <summary>String that expires: what a client has not acknowledged.</summary>
    public string Delivery(int partition, string clientId) => Of(partition, $"delivery:{clientId}");

    /// <summary>List that expires: messages for a client that is connected nowhere.</summary>
    public string Held(int partition, string clientId) => Of(partition, $"held:{clientId}");

    /// <summary>String that expires: a hello's token was used.</summary>
    public string Claim(int partition, string fingerprint) => Of(partition, $"claim:{fingerprint}");

    /// <summary>Stream of presence events.</summary>
    public string Events(int partition) => Of(partition, "events");

    /// <summary>Stream of messages of clients.</summary>
    public string Messages(int partition) => Of(partition, "messages");

    /// <summary>String: drawn when the partition was found empty. Another value means that the partition was lost.</summary>
    public string Boot(int partition) => Of(partition, "boot");

    /// <summary>Sorted set: epochs by the time at which their lease ends, in milliseconds since 1970 by Redis' clock.</summary>
    public string Leases => $"{prefix}:{{nodes}}:leases";

    /// <summary>Hash: epoch to what is told of its node (JSON).</summary>
    public string Nodes => $"{prefix}:{{nodes}}:info";

    /// <summary>String: the bans (JSON).</summary>
    public string Bans => $"{prefix}:{{nodes}}:bans";

    /// <summary>Channel: questions and answers for a node.</summary>
    public string Inbox(string epoch) => $"{prefix}:inbox:{epoch}";

    /// <summary>Channel: the bans have changed.</summary>
    public string BansChanged => $"{prefix}:bans";

    private string Of(int partition, string name) => $"{prefix}:{{{Tags[partition]}}}:{name}";
}
