using System.Net;
using System.Net.NetworkInformation;
using Xunit;

namespace HeartbeatGateway.Testing.Redis;

/// <summary>
/// A redis-server process of a test, in memory only, in a temporary folder. It can be killed, started again empty on the same port, and stopped as a whole.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    /// <summary>REDIS_SERVER names another program, such as that of Valkey.</summary>
    internal static readonly string Program = Environment.GetEnvironmentVariable("REDIS_SERVER") is { Length: > 0 } other ? other : "/usr/bin/redis-server";
    private static readonly TimeSpan ToStart = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("heartbeatgateway-redis-");
    private readonly string _program;
    private readonly IReadOnlyList<string> _prefix;
    private readonly string[] _settings;
    private ToolProcess? _process;

    private RedisServer(IPAddress address, string program, IReadOnlyList<string> prefix, string[] settings) => (Address, _program, _prefix, _settings) = (address, program, prefix, settings);

    public IPAddress Address { get; }

    /// <summary>The port, the same after each start. A Redis Cluster uses the port 10,000 above for its bus.</summary>
    public int Port { get; } = FreePort();

    /// <summary>The server as the setting <c>Gateway:Redis:Configuration</c> names it.</summary>
    public string Configuration => $"{Address}:{Port}";

    /// <summary>False between <see cref="KillAsync"/> and <see cref="StartAgainAsync"/>.</summary>
    public bool IsRunning => _process is not null;

    /// <summary>Skips the test where redis-server is missing, but never with <c>CI</c> set.</summary>
    public static void SkipUnlessInstalled() => Assert.SkipUnless(
        File.Exists(Program) || Environment.GetEnvironmentVariable("CI") is not null,
        $"SKIPPED: {Program} is missing; install it with: apt-get install redis-server. Nothing of the cluster is tested without it.");

    /// <summary>Starts a server on 127.0.0.1 and waits until it accepts connections.</summary>
    /// <param name="settings">More arguments, such as <c>--maxclients</c>, <c>10</c>, or <c>--aclfile</c> and a path. With <c>--tls-cert-file</c> it serves TLS alone.</param>
    /// <exception cref="InvalidOperationException">The server ended; the message has its output.</exception>
    public static Task<RedisServer> StartAsync(params string[] settings) => StartAsync(IPAddress.Loopback, [], settings);

    /// <inheritdoc cref="StartAsync(string[])"/>
    /// <param name="address">The address that it listens on.</param>
    /// <param name="prefix">What its command begins with, such as that of a network namespace.</param>
    /// <param name="settings">More arguments.</param>
    public static async Task<RedisServer> StartAsync(IPAddress address, IReadOnlyList<string> prefix, params string[] settings)
    {
        SkipUnlessInstalled();
        return await StartAsync(new RedisServer(address, Program, prefix, settings));
    }

    /// <summary>Starts a Valkey instead of a Redis. Skips the test where tests/setup.sh has not installed it.</summary>
    /// <param name="settings">More arguments.</param>
    public static Task<RedisServer> StartValkeyAsync(params string[] settings)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "HeartbeatGateway.sln"))) root = root.Parent;
        var program = Path.Combine(root?.FullName ?? "", "tests", "tools", "bin", "valkey-server");
        Assert.SkipUnless(File.Exists(program), "SKIPPED: valkey-server is missing; tests/setup.sh installs it on Debian 12.");
        return StartAsync(new RedisServer(IPAddress.Loopback, program, [], settings));
    }

    private static async Task<RedisServer> StartAsync(RedisServer server)
    {
        try
        {
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it on the same port, without data; one that runs is killed before. A node of a Redis Cluster keeps its name and slots.</summary>
    /// <param name="more">More arguments, for this time.</param>
    /// <exception cref="InvalidOperationException">The server ended; the message has its output.</exception>
    public async Task StartAgainAsync(params string[] more)
    {
        await KillAsync();
        string[] command =
        [
            .. _prefix, _program, .. _settings.Contains("--tls-cert-file") ? (string[])["--port", "0", "--tls-port", $"{Port}"] : ["--port", $"{Port}"], "--bind", $"{Address}", "--protected-mode", "no", "--save", "", "--appendonly", "no", "--dir", _folder.FullName,
            "--maxmemory-policy", "noeviction", .. _settings, .. more,
        ];
        _process = new ToolProcess(command);
        await SawAsync("Ready to accept connections", ToStart);
    }

    /// <summary>Ends it without a warning: all it holds is lost.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        await process.DisposeAsync();
    }

    /// <summary>Stops it as a whole (SIGSTOP): the kernel still accepts connections and bytes for it.</summary>
    public void Stop() => _process!.Signal("STOP");

    /// <summary>Lets a stopped server go on (SIGCONT).</summary>
    public void Continue() => _process!.Signal("CONT");

    /// <summary>Waits until the server has written a line with a text since its start.</summary>
    /// <exception cref="InvalidOperationException">The server ended; the message has its output.</exception>
    /// <exception cref="TimeoutException">There is no such line in time.</exception>
    public Task SawAsync(string text, TimeSpan within)
    {
        var process = _process!;
        return Waiting.UntilAsync(
            () =>
            {
                if (process.Output.Contains(text, StringComparison.Ordinal)) return true;
                return process.HasExited ? throw new InvalidOperationException($"redis-server ended:\n{process.Output}") : false;
            },
            () => $"redis-server has not written '{text}':\n{process.Output}",
            within);
    }

    /// <summary>Runs one command by redis-cli, with options of redis-cli before it if needed.</summary>
    /// <returns>Its output without the last line break.</returns>
    public Task<string> CallAsync(params string[] command) => ToolProcess.RunAsync(["redis-cli", "-h", $"{Address}", "-p", $"{Port}", .. command]);

    /// <summary>As <see cref="CallAsync"/>, with the answer as JSON.</summary>
    public Task<string> CallJsonAsync(params string[] command) => CallAsync(["--json", .. command]);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _folder.Delete(recursive: true);
    }

    // Below the ephemeral ports, so that no connection of a test takes it while the server is down, and so that the cluster's port (10,000 above) exists.
    internal static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(14_000, 22_000);
            var listeners = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners();
            if (listeners.All(l => l.Port != port && l.Port != port + 10_000)) return port;
        }
    }
}
