namespace HeartbeatGateway.Testing.Redis;

/// <summary>A Redis Cluster of three masters without replicas.</summary>
public sealed class RedisMasters : IAsyncDisposable
{
    private const int Count = 3;
    private static readonly TimeSpan ToAgree = TimeSpan.FromSeconds(20);

    private readonly List<RedisServer> _servers = [];
    private readonly string[] _cliOptions;

    private RedisMasters(string[] cliOptions) => _cliOptions = cliOptions;

    public IReadOnlyList<RedisServer> Servers => _servers;

    /// <summary>All servers, as the setting <c>Gateway:Redis:Configuration</c> names them.</summary>
    public string Configuration => string.Join(',', _servers.Select(s => s.Configuration));

    /// <summary>Starts the servers and waits until each serves its share of the slots.</summary>
    /// <param name="settings">More settings of each server.</param>
    /// <param name="cliOptions">The options by which redis-cli reaches them.</param>
    public static async Task<RedisMasters> StartAsync(string[]? settings = null, string[]? cliOptions = null)
    {
        var cluster = new RedisMasters(cliOptions ?? []);
        try
        {
            string[] all = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000", .. (settings ?? [])];
            for (var i = 0; i < Count; i++) cluster._servers.Add(await RedisServer.StartAsync(all));
            var names = cluster._servers.Select(s => s.Configuration);
            await ToolProcess.RunAsync(["redis-cli", .. cluster._cliOptions, "--cluster", "create", .. names, "--cluster-yes"]);
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
                var info = await server.CallAsync([.. _cliOptions, "cluster", "info"]);
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
