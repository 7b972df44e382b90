namespace HeartbeatGateway.Testing.Redis;

/// <summary>A Redis Cluster of three masters without replicas.</summary>
public sealed class RedisMasters : IAsyncDisposable
{
    private const int Count = 3;
    private static readonly TimeSpan ToAgree = TimeSpan.FromSeconds(20);

    private readonly List<RedisServer> _servers = [];

    private RedisMasters()
    {
    }

    public IReadOnlyList<RedisServer> Servers => _servers;

    /// <summary>All servers, as the setting <c>Gateway:Redis:Configuration</c> names them.</summary>
    public string Configuration => string.Join(',', _servers.Select(s => s.Configuration));

    /// <summary>Starts the servers and waits until each serves its share of the slots.</summary>
    public static async Task<RedisMasters> StartAsync()
    {
        var cluster = new RedisMasters();
        try
        {
            for (var i = 0; i < Count; i++) cluster._servers.Add(await RedisServer.StartAsync("--cluster-enabled", "yes", "--cluster-node-timeout", "2000"));
            await ToolProcess.RunAsync(["redis-cli", "--cluster", "create", .. cluster._servers.Select(s => s.Configuration), "--cluster-yes"]);
            await cluster.AgreesAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until each server says that the cluster serves all slots.</summary>
    /// <exception cref="TimeoutException">They do not within 20 s.</exception>
    public Task AgreesAsync() => Waiting.UntilAsync(
        async () =>
        {
            foreach (var server in _servers)
            {
                var info = await server.CallAsync("cluster", "info");
                if (!info.Contains("cluster_state:ok", StringComparison.Ordinal) || !info.Contains($"cluster_known_nodes:{_servers.Count}", StringComparison.Ordinal)) return false;
            }

            return true;
        },
        () => "the masters do not agree on a cluster",
        ToAgree);

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) await server.DisposeAsync();
    }
}
