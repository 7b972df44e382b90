namespace HeartbeatGateway.Testing.Redis;

/// <summary>A Sentinel alone. It promotes a replica when the master has been away for a second.</summary>
public sealed class RedisSentinel : IAsyncDisposable
{
    private const string Service = "mymaster";
    private static readonly TimeSpan ToStart = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("heartbeatgateway-sentinel-");
    private readonly int _port = RedisServer.FreePort();
    private ToolProcess? _process;

    private RedisSentinel()
    {
    }

    /// <summary>The Sentinel as the setting <c>Gateway:Redis:Configuration</c> names it.</summary>
    public string Configuration => $"127.0.0.1:{_port},serviceName={Service}";

    /// <summary>Starts it and waits until it knows the replicas of the master.</summary>
    /// <param name="master">The master.</param>
    /// <param name="cliOptions">The options by which redis-cli reaches it.</param>
    /// <param name="settings">More settings, one a line. With <c>tls-cert-file</c> it serves TLS alone.</param>
    /// <exception cref="TimeoutException">It does not within 20 s; the message has its output.</exception>
    public static async Task<RedisSentinel> StartAsync(RedisServer master, string[] cliOptions, params string[] settings)
    {
        var sentinel = new RedisSentinel();
        try
        {
            await sentinel.RunAsync(master, cliOptions, settings);
            return sentinel;
        }
        catch
        {
            await sentinel.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task RunAsync(RedisServer master, string[] cliOptions, string[] settings)
    {
        // It writes what it learns into the file.
        var file = Path.Combine(_folder.FullName, "sentinel.conf");
        var isTls = settings.Any(s => s.StartsWith("tls-cert-file", StringComparison.Ordinal));
        string[] port = isTls ? ["port 0", $"tls-port {_port}"] : [$"port {_port}"];
        await File.WriteAllLinesAsync(file,
        [
            .. port, "bind 127.0.0.1", "protected-mode no", $"dir {_folder.FullName}", .. settings,
            $"sentinel monitor {Service} {master.Address} {master.Port} 1",
            $"sentinel down-after-milliseconds {Service} 1000",
            $"sentinel failover-timeout {Service} 5000",
        ]);
        var process = _process = new ToolProcess([RedisServer.Program, file, "--sentinel"]);
        string[] replicas = ["redis-cli", "-p", $"{_port}", .. cliOptions, "sentinel", "replicas", Service];
        await Waiting.UntilAsync(
            async () => process.Output.Contains("+slave", StringComparison.Ordinal)
                && (await ToolProcess.RunAsync(replicas)).Contains("master-link-status\nok", StringComparison.Ordinal),
            () => $"the Sentinel does not know the replica:\n{process.Output}",
            ToStart);
    }
}
