using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace HeartbeatGateway.EndToEnd.Tests.Deploy;

/// <summary>Checks of deploy/compose that need no container engine.</summary>
public sealed class ComposeTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "deploy/compose");
    private static readonly string[] RunOnce = ["secrets", "load", "redis-secrets"];

    // A closed list, because a container engine may accept a misspelt key as an unknown extension.
    private static readonly string[] Keys =
    [
        "build", "cap_drop", "command", "depends_on", "deploy", "environment", "healthcheck", "image", "logging", "network_mode", "networks",
        "ports", "profiles", "read_only", "restart", "security_opt", "stop_grace_period", "tmpfs", "ulimits", "user", "volumes",
    ];

    private static readonly JsonNode Compose = Yaml.Load(Path.Combine(Folder, "compose.yaml"));

    public static TheoryData<string> Services => [.. Compose["services"]!.AsObject().Select(s => s.Key)];

    [Theory]
    [MemberData(nameof(Services))]
    public void Each_container_is_hardened_and_its_resources_are_limited(string name)
    {
        var service = Compose["services"]![name]!;
        Assert.Empty(service.AsObject().Select(p => p.Key).Except(Keys));
        Assert.Equal("true", (string?)service["read_only"]);
        Assert.Equal(["ALL"], Texts(service["cap_drop"]));
        Assert.Equal(["no-new-privileges:true"], Texts(service["security_opt"]));
        Assert.Equal("none", (string?)service["network_mode"] ?? "none");
        Assert.All(["cpus", "memory", "pids"], limit => Assert.NotNull(service["deploy"]!["resources"]!["limits"]![limit]));
        Assert.NotNull(service["logging"]!["options"]!["max-size"]);
        if (service["build"] is null) Assert.Matches(@"^[a-z/]+:v?\d+\.\d+\.\d+$", (string?)service["image"]);
        if (RunOnce.Contains(name)) return;
        Assert.Equal("CMD", Texts(service["healthcheck"]!["test"])[0]);
        Assert.Equal("unless-stopped", (string?)service["restart"]);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void All_references_of_a_container_exist(string name)
    {
        var service = Compose["services"]![name]!;
        Assert.Empty(service["depends_on"]?.AsObject().Select(p => p.Key).Except(Services.Select(s => s.Data)) ?? []);
        Assert.Empty(Names(service["networks"]).Except(Compose["networks"]!.AsObject().Select(n => n.Key)));
        foreach (var source in Texts(service["volumes"]).Select(v => v.Split(':')[0]))
        {
            if (source.StartsWith('.')) Assert.True(Path.Exists(Path.Combine(Folder, source)), $"The mounted path {source} does not exist.");
            else Assert.Contains(source, Compose["volumes"]!.AsObject().Select(v => v.Key));
        }

        if (service["build"] is not { } build) return;
        Assert.True(File.Exists(Path.Combine(Folder, (string)build["context"]!, (string?)build["dockerfile"] ?? "Dockerfile")));
    }

    [Fact]
    public void Only_the_client_port_is_published_to_other_machines()
    {
        var published = Compose["services"]!.AsObject().ToLookup(
            s => s.Value!["profiles"] is { } profiles ? Texts(profiles).Single() : "", s => Texts(s.Value!["ports"]).Where(p => !p.StartsWith("127.0.0.1:", StringComparison.Ordinal)));
        Assert.Equal("8081:8081", Assert.Single(published[""].SelectMany(p => p)));
        Assert.Empty(published["load"].SelectMany(p => p));
        Assert.Equal(["8181:8081", "8182:8081", "8183:8081"], published["cluster"].SelectMany(p => p));
    }

    [Fact]
    public void Secrets_are_read_from_files()
    {
        var settings = Compose["services"]!.AsObject().SelectMany(s => s.Value!["environment"]?.AsObject() ?? []).ToList();
        var secrets = settings.Where(s => Regex.IsMatch(s.Key, "SECRET|PASSWORD", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1))).ToList();
        // The token of each gateway, and the password of Grafana.
        Assert.Equal(5, secrets.Count);
        Assert.All(secrets, s =>
        {
            Assert.EndsWith("FILE", s.Key, StringComparison.OrdinalIgnoreCase);
            Assert.StartsWith("/run/", (string?)s.Value, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void File_descriptor_limits_and_the_stop_grace_period_are_large_enough()
    {
        Assert.All(["gateway", "load", "gateway-1", "gateway-2", "gateway-3"], name => Assert.Equal("65536", (string?)Compose["services"]![name]!["ulimits"]!["nofile"]!["soft"]));
        Assert.Equal("30s", (string?)Compose["services"]!["gateway"]!["stop_grace_period"]);
        // A drain of 20 s, and more than the 10 s that the program takes at most to leave the cluster and to send its last frames.
        Assert.All(["gateway-1", "gateway-2", "gateway-3"], name => Assert.Equal("35s", (string?)Compose["services"]![name]!["stop_grace_period"]));
    }

    [Fact]
    public async Task Secrets_are_created_once_and_differ()
    {
        var folder = Directory.CreateTempSubdirectory("heartbeatgateway-compose-");
        string[] files = [Path.Combine(folder.FullName, "one"), Path.Combine(folder.FullName, "other")];
        await MakeSecretsAsync(files);
        var made = await Task.WhenAll(files.Select(f => File.ReadAllTextAsync(f)));
        Assert.All(made, secret => Assert.Equal(32, Convert.FromBase64String(secret.TrimEnd('\n')).Length));
        Assert.NotEqual(made[0], made[1]);
        // The user of the gateway differs from the owner of the file.
        foreach (var file in files) Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file).HasFlag(UnixFileMode.OtherRead));

        await MakeSecretsAsync(files);
        Assert.Equal(made, await Task.WhenAll(files.Select(f => File.ReadAllTextAsync(f))));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_gateway_with_the_compose_settings_accepts_the_clients_of_the_load_service()
    {
        var folder = Directory.CreateTempSubdirectory("heartbeatgateway-compose-");
        var secret = Path.Combine(folder.FullName, "token");
        var operatorKey = Path.Combine(folder.FullName, "operator");
        await MakeSecretsAsync(secret, operatorKey);
        var settings = Compose["services"]!["gateway"]!["environment"]!.AsObject().Select(s => (s.Key, (string?)((string)s.Value!).Replace("/run/token", folder.FullName, StringComparison.Ordinal)));
        await using var gateway = await GatewayProcess.StartAsync([("Gateway__Tokens__Keys__0__Secret", null), .. settings]);
        var command = Texts(Compose["services"]!["load"]!["command"]).Select(a => Here(Regex.Replace(a, @"\$\{\w+:-(?<default>[^}]*)\}", "${default}", RegexOptions.None, TimeSpan.FromSeconds(1))))
            .Select(a => a.Split('=')[0] switch { "--clients" => "--clients=20", "--duration" => "--duration=1s", _ => a });
        await using var load = new ChildProcess("dotnet", [Repository.HbgDll, .. command, "--max-lost=0", "--max-unconnected=0"], new Dictionary<string, string?>());
        var exit = await load.ExitCodeAsync();
        Assert.True(exit == 0, string.Join('\n', load.Lines));
        Assert.Equal(20, await gateway.MetricAsync("heartbeatgateway_connections_opened_total"));
        Assert.True(await gateway.MetricAsync("""heartbeatgateway_tokens_verified_total{key="fleet"}""") >= 20);
        await using var hbg = new ChildProcess(
            "dotnet", [Repository.HbgDll, "status", "--json", $"--gateway=http://127.0.0.1:{gateway.HttpPort}"], new Dictionary<string, string?> { ["HBG_KEY_FILE"] = operatorKey });
        Assert.Equal(0, await hbg.ExitCodeAsync());
        Assert.Contains("\"scope\":\"admin\"", string.Concat(hbg.Lines), StringComparison.Ordinal);
        folder.Delete(recursive: true);

        string Here(string text) => text.Replace("/run/token/token", secret, StringComparison.Ordinal).Replace("gateway:8081", $"127.0.0.1:{gateway.TcpPort}", StringComparison.Ordinal);
    }

    private static async Task MakeSecretsAsync(params string[] files)
    {
        await using var script = new ChildProcess("sh", [Path.Combine(Folder, "secrets.sh"), .. files], new Dictionary<string, string?>());
        Assert.Equal(0, await script.ExitCodeAsync());
    }

    /// <summary>The items of a list, or the keys of a mapping.</summary>
    private static List<string> Names(JsonNode? names) => names is JsonObject map ? [.. map.Select(p => p.Key)] : Texts(names);

    private static List<string> Texts(JsonNode? list) => [.. list?.AsArray().Select(v => (string)v!) ?? []];
}
