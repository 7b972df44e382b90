namespace HeartbeatGateway.Redis;

/// <summary>All commands that a node uses, so that its user in Redis may have these and no others. docs/cluster.md has the user; a test runs with it.</summary>
internal static class RedisCommands
{
    /// <summary>What StackExchange.Redis sends on its own: to connect, to learn the topology, to check that a connection lives.</summary>
    public static IReadOnlyList<string> Connection { get; } =
        ["auth", "hello", "ping", "echo", "select", "client|setname", "client|id", "cluster|nodes", "cluster|slots", "info", "readonly", "asking"];

    /// <summary>What the scripts and the reads of the directory use.</summary>
    public static IReadOnlyList<string> Directory { get; } =
    [
        "eval", "evalsha", "script|load", "time", "get", "set", "del", "hget", "hmget", "hset", "hdel", "sadd", "srem", "scard", "smembers", "srandmember", "sscan",
        "zadd", "zrem", "zscore", "zcard", "zrange", "zrangebyscore", "lrange", "rpush", "pttl", "pexpireat", "xadd",
    ];

    /// <summary>What the inbox, the streams of events and messages, and the bans use.</summary>
    public static IReadOnlyList<string> Channel { get; } = ["publish", "subscribe", "unsubscribe", "xread", "xrevrange"];

    /// <summary>All of them.</summary>
    public static IEnumerable<string> All => Connection.Concat(Directory).Concat(Channel);

    /// <summary>The command that makes the user. On Redis 6.2 a new user has all channels until they are reset.</summary>
    /// <param name="user">Its name.</param>
    /// <param name="password">Its password.</param>
    /// <param name="prefix">The prefix of the keys and channels.</param>
    public static string AclOf(string user, string password, string prefix) =>
        $"ACL SETUSER {user} reset on >{password} ~{prefix}:* resetchannels &{prefix}:* {string.Join(' ', All.Select(c => "+" + c))}";
}
