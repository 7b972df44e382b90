namespace HeartbeatGateway.Redis;

/// <summary>Log lines of the directory. Ids and names are unique in the program and never change.</summary>
internal static partial class DirectoryLog
{
    [LoggerMessage(300, LogLevel.Warning,
        "Redis cannot be reached: {Cause:l}. Clients are welcomed without the directory, and are entered when Redis answers again",
        EventName = "RedisUnreachable")]
    public static partial void RedisUnreachable(this ILogger logger, string cause);

    [LoggerMessage(301, LogLevel.Information, "Redis answers again", EventName = "RedisReachable")]
    public static partial void RedisReachable(this ILogger logger);

    [LoggerMessage(302, LogLevel.Information,
        "This node has a lease in the cluster, with the epoch {Epoch:l}; {Nodes} nodes have one", EventName = "LeaseHeld")]
    public static partial void LeaseHeld(this ILogger logger, string epoch, long nodes);

    [LoggerMessage(303, LogLevel.Warning,
        "The lease of this node had lapsed: its epoch was {Former:l} and is {Epoch:l} now. All its clients are entered again", EventName = "LeaseLapsed")]
    public static partial void LeaseLapsed(this ILogger logger, string former, string epoch);

    [LoggerMessage(304, LogLevel.Warning,
        "Partition {Partition} of the directory was lost and is new: the clients of this node are entered again", EventName = "PartitionLost")]
    public static partial void PartitionLost(this ILogger logger, int partition);

    [LoggerMessage(305, LogLevel.Information,
        "{Clients} clients were compared with the directory and entered where they were missing, in {Seconds:0.000} s", EventName = "ClientsRestored")]
    public static partial void ClientsRestored(this ILogger logger, int clients, double seconds);

    [LoggerMessage(306, LogLevel.Warning, "A node is lost: {Entries} entries of the epoch {Epoch:l} were removed from the directory", EventName = "NodeReaped")]
    public static partial void NodeReaped(this ILogger logger, int entries, string epoch);

    [LoggerMessage(307, LogLevel.Warning,
        "The directory differed from the clients of this node: {Entries} entries were corrected", EventName = "DirectoryDrift")]
    public static partial void DirectoryDrift(this ILogger logger, long entries);

    [LoggerMessage(308, LogLevel.Error, "Redis {Server:l} has version {Version:l}; the cluster needs 6.2 or later", EventName = "RedisTooOld")]
    public static partial void RedisTooOld(this ILogger logger, string server, string version);

    [LoggerMessage(309, LogLevel.Warning,
        "Redis {Server:l} has maxmemory-policy {Policy:l}: it may drop entries of the directory. Set noeviction", EventName = "RedisEvicts")]
    public static partial void RedisEvicts(this ILogger logger, string server, string policy);

    [LoggerMessage(310, LogLevel.Error, "Work for the directory failed: {Work:l}", EventName = "DirectoryWorkFailed")]
    public static partial void DirectoryWorkFailed(this ILogger logger, Exception exception, string work);

    [LoggerMessage(311, LogLevel.Warning,
        "Too many departures wait for Redis: {Departures} were dropped, with messages that their clients had not acknowledged. "
        + "Their entries are removed by the next comparison or when the lease ends",
        EventName = "DeparturesDropped")]
    public static partial void DeparturesDropped(this ILogger logger, long departures);

    [LoggerMessage(312, LogLevel.Warning, "What Redis says of its version and memory cannot be read: {Cause:l}", EventName = "ServerCheckFailed")]
    public static partial void ServerCheckFailed(this ILogger logger, string cause);

    [LoggerMessage(316, LogLevel.Warning,
        "Clients come faster than what Redis keeps for them can be taken: {Clients} clients got nothing since the last such line. They get it at their next comparison",
        EventName = "KeptNotTaken")]
    public static partial void KeptNotTaken(this ILogger logger, long clients);

    [LoggerMessage(319, LogLevel.Warning,
        "Too much work for the directory runs: {Refused} pieces were refused since the last such line, the last one to {Work:l}. The comparison does what is left",
        EventName = "DirectoryWorkRefused")]
    public static partial void DirectoryWorkRefused(this ILogger logger, long refused, string work);
}
