using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>Checks at the start that the servers are new enough and drop nothing.</summary>
internal sealed class ServerCheck(RedisConnection connection, ILogger logger)
{
    private static readonly Version Oldest = new(6, 2);

    /// <summary>Checks all servers that are connected, when the first connect has ended.</summary>
    public async Task RunAsync()
    {
        var multiplexer = await connection.Multiplexer;
        foreach (var server in multiplexer.GetServers().Where(s => s.IsConnected))
        {
            var name = server.EndPoint.ToString() ?? "";
            try
            {
                Check(name, await ReadAsync(server, "server"), await ReadAsync(server, "memory"));
            }
            catch (Exception e) when (RedisConnection.IsFailure(e))
            {
                logger.ServerCheckFailed(RedisCause.Of(e));
            }
        }
    }

    /// <summary>Checks what a server says of itself.</summary>
    internal void Check(string name, IReadOnlyDictionary<string, string> server, IReadOnlyDictionary<string, string> memory)
    {
        // Valkey says for redis_version with which Redis it is compatible.
        var version = server.GetValueOrDefault("redis_version", "");
        if (!Version.TryParse(version, out var parsed)) logger.ServerCheckFailed($"redis_version is '{version}'");
        else if (parsed < Oldest) logger.RedisTooOld(name, version);
        var policy = memory.GetValueOrDefault("maxmemory_policy", "");
        if (policy is not ("noeviction" or "")) logger.RedisEvicts(name, policy);
    }

    private async Task<Dictionary<string, string>> ReadAsync(IServer server, string section)
    {
        var groups = await server.InfoAsync(section).WaitAsync(connection.Options.CallTimeout, connection.TimeProvider);
        return groups.SelectMany(g => g).DistinctBy(p => p.Key).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
    }
}
