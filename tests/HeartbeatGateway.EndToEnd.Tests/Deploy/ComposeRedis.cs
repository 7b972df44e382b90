using System.Text.Json.Nodes;

namespace HeartbeatGateway.EndToEnd.Tests.Deploy;

/// <summary>The Redis of deploy/compose as a process of its own: its command line, and the files that its secrets service writes.</summary>
internal sealed class ComposeRedis : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("heartbeatgateway-compose-redis-");
    private readonly int _port = GatewayProcess.FreePort();
    private ChildProcess? _server;

    private ComposeRedis()
    {
        foreach (var folder in new[] { ServerFolder, ClientFolder, TokenFolder }) Directory.CreateDirectory(folder);
    }

    public static string Folder { get; } = Path.Combine(Repository.Root, "deploy/compose");

    public string ClientFolder => Path.Combine(_folder.FullName, "client");

    public string TokenFolder => Path.Combine(_folder.FullName, "token");

    public string UsersFile => Path.Combine(ServerFolder, "users.acl");

    public string Password => File.ReadAllText(Path.Combine(ClientFolder, "password")).TrimEnd('\n');

    private string ServerFolder => Path.Combine(_folder.FullName, "server");

    public static async Task<ComposeRedis> StartAsync(JsonNode service)
    {
        var program = Tool.Find("redis-server", "redis-server");
        var redis = new ComposeRedis();
        await redis.MakeSecretsAsync();
        var arguments = service["command"]!.AsArray().Skip(1).Select(a => ((string)a!).Replace("/run/redis-server", redis.ServerFolder, StringComparison.Ordinal));
        redis._server = new ChildProcess(program, [.. arguments, "--port", $"{redis._port}", "--bind", "127.0.0.1"], new Dictionary<string, string?>(), redis._folder.FullName);
        await redis._server.SawAsync("Ready to accept connections");
        return redis;
    }

    /// <summary>Writes the files of the secrets services, with the address of this process in place of the service's name.</summary>
    public async Task MakeSecretsAsync()
    {
        await RunAsync("sh", Path.Combine(Folder, "redis.sh"), ServerFolder, ClientFolder);
        await RunAsync("sh", Path.Combine(Folder, "secrets.sh"), Path.Combine(TokenFolder, "token"), Path.Combine(TokenFolder, "operator"));
        var configuration = Path.Combine(ClientFolder, "configuration");
        await File.WriteAllTextAsync(configuration, (await File.ReadAllTextAsync(configuration)).Replace("redis:6379", $"127.0.0.1:{_port}", StringComparison.Ordinal));
    }

    /// <summary>Calls Redis as the gateways' user.</summary>
    /// <returns>The answer, or the error.</returns>
    public Task<string> CallAsync(params string[] command) => CommandAsync(["--user", "gateway", "--pass", Password, "--no-auth-warning", .. command]);

    public Task<string> CallWithoutUserAsync(params string[] command) => CommandAsync(command);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static async Task RunAsync(string file, params string[] arguments)
    {
        await using var process = new ChildProcess(file, arguments, new Dictionary<string, string?>());
        Assert.Equal(0, await process.ExitCodeAsync());
    }

    private async Task<string> CommandAsync(IEnumerable<string> arguments)
    {
        await using var process = new ChildProcess(Tool.Find("redis-cli", "redis-tools"), ["-p", $"{_port}", .. arguments], new Dictionary<string, string?>());
        await process.ExitCodeAsync();
        return string.Join('\n', process.Lines);
    }
}
