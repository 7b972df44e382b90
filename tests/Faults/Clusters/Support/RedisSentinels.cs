using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters.Support;

/// <summary>A master, its replica and three Sentinels, which promote the replica when the master is gone for five seconds.</summary>
internal sealed class RedisSentinels : IAsyncDisposable
{
    private const string Service = "mymaster";
    private const int Count = 3;
    private static readonly TimeSpan ToAgree = TimeSpan.FromSeconds(90);

    private readonly string _folder = Directory.CreateTempSubdirectory("heartbeatgateway-sentinel-").FullName;
    private readonly List<ChildProcess> _sentinels = [];
    private readonly List<int> _ports = [];

    private RedisSentinels(RedisServer master, RedisServer replica) => (Master, Replica) = (master, replica);

    public RedisServer Master { get; }

    public RedisServer Replica { get; }

    public string Configuration => $"{string.Join(',', _ports.Select(p => $"127.0.0.1:{p}"))},serviceName={Service}";

    public static async Task<RedisSentinels> StartAsync()
    {
        var master = await RedisServer.StartAsync("--repl-diskless-sync-delay", "0");
        var cluster = new RedisSentinels(master, await RedisServer.StartAsync("--replicaof", $"{master.Address}", $"{master.Port}"));
        try
        {
            for (var i = 0; i < Count; i++) await cluster.AddSentinelAsync();
            await Waiting.UntilAsync(cluster.AgreeAsync, () => "the Sentinels do not know each other and the replica", ToAgree);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills the master and waits until the Sentinels have promoted the replica.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> FailOverAsync()
    {
        await Master.KillAsync();
        return await Waiting.UntilAsync(
            async () => (await Replica.CallAsync("role")).StartsWith("master", StringComparison.Ordinal), () => "the replica was not promoted", ToAgree);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var sentinel in _sentinels) await sentinel.DisposeAsync();
        await Replica.DisposeAsync();
        await Master.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AddSentinelAsync()
    {
        var port = GatewayProcess.FreePort();
        var file = Path.Combine(_folder, $"{port}.conf");
        // On a busy machine a server may not answer for a second, and a Sentinel that promotes a replica too early changes what the test is about.
        await File.WriteAllTextAsync(file, $"""
            port {port}
            bind 127.0.0.1
            dir {_folder}
            sentinel monitor {Service} {Master.Address} {Master.Port} 2
            sentinel down-after-milliseconds {Service} 5000
            sentinel failover-timeout {Service} 5000

            """);
        var sentinel = new ChildProcess("/usr/bin/redis-server", [file, "--sentinel"], new Dictionary<string, string?>());
        _sentinels.Add(sentinel);
        _ports.Add(port);
        await sentinel.SawAsync("+monitor");
    }

    private async Task<bool> AgreeAsync()
    {
        // A replica that has not read the master's data yet would be promoted empty.
        if (!(await Replica.CallAsync("info", "replication")).Contains("master_link_status:up", StringComparison.Ordinal)) return false;
        foreach (var port in _ports)
        {
            await using var cli = new ChildProcess("redis-cli", ["-p", $"{port}", "sentinel", "master", Service], new Dictionary<string, string?>());
            await cli.ExitCodeAsync();
            if (Field(cli.Lines, "num-slaves") != "1" || Field(cli.Lines, "num-other-sentinels") != $"{Count - 1}") return false;
        }

        return true;
    }

    private static string? Field(IReadOnlyList<string> lines, string name)
    {
        var index = lines.ToList().IndexOf(name);
        return index < 0 || index + 1 == lines.Count ? null : lines[index + 1];
    }
}
