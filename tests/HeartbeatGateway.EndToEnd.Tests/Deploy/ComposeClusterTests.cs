using System.Globalization;
using System.Text.Json.Nodes;

namespace HeartbeatGateway.EndToEnd.Tests.Deploy;

/// <summary>The profile <c>cluster</c> of deploy/compose, with a real redis-server in place of its image.</summary>
public sealed class ComposeClusterTests
{
    private static readonly string[] Nodes = ["gateway-1", "gateway-2", "gateway-3"];
    private static readonly JsonNode Compose = Yaml.Load(Path.Combine(ComposeRedis.Folder, "compose.yaml"));

    [Fact]
    public void Three_gateways_share_a_redis_that_only_they_reach()
    {
        var services = Compose["services"]!.AsObject();
        var cluster = services.Where(s => s.Value!["profiles"]?.AsArray().Any(p => (string?)p == "cluster") == true).Select(s => s.Key);
        Assert.Equal(["gateway-1", "gateway-2", "gateway-3", "redis", "redis-secrets"], cluster.Order(StringComparer.Ordinal));
        var redis = services["redis"]!;
        Assert.Null(redis["ports"]);
        Assert.Equal("cluster", (string?)Assert.Single(redis["networks"]!.AsArray()));
        Assert.Equal("true", (string?)Compose["networks"]!["cluster"]!["internal"]);
        Assert.Equal(Nodes, services.Where(s => s.Value!["networks"] is JsonObject networks && networks.ContainsKey("cluster")).Select(s => s.Key));
        // Each file with a secret is mounted only by what reads it.
        Assert.Equal([.. Nodes, "redis-secrets"], Mounting("redis-client").Order(StringComparer.Ordinal));
        Assert.Equal(["redis", "redis-secrets"], Mounting("redis-server").Order(StringComparer.Ordinal));

        IEnumerable<string> Mounting(string volume) =>
            services.Where(s => s.Value!["volumes"]?.AsArray().Any(v => ((string)v!).StartsWith($"{volume}:", StringComparison.Ordinal)) == true).Select(s => s.Key);
    }

    [Fact]
    public void The_nodes_differ_only_in_name_and_ports()
    {
        Assert.Equal(Nodes, Nodes.Select(n => (string?)Compose["services"]![n]!["environment"]!["Gateway__Redis__NodeName"]));
        Assert.Single(Nodes.Select(Same).Distinct(StringComparer.Ordinal));
        var single = Compose["services"]!["gateway"]!["environment"]!.AsObject();
        Assert.All(single, setting => Assert.Equal((string?)setting.Value, (string?)Compose["services"]!["gateway-1"]!["environment"]![setting.Key]));

        static string Same(string name)
        {
            var node = Compose["services"]![name]!.DeepClone().AsObject();
            node.Remove("ports");
            node["environment"]!.AsObject().Remove("Gateway__Redis__NodeName");
            return node.ToJsonString();
        }
    }

    [Fact]
    public void Prometheus_has_the_nodes_as_targets()
    {
        var targets = Yaml.Load(Path.Combine(PrometheusFiles.Folder, "cluster/gateways.yml"))[0]!["targets"]!.AsArray().Select(t => (string?)t);
        Assert.Equal(Nodes.Select(n => $"{n}:8080"), targets);
    }

    [Fact]
    public void The_documented_user_is_the_one_of_the_compose_file()
    {
        var document = File.ReadAllText(Path.Combine(Repository.Root, "docs/cluster.md"));
        var start = document.IndexOf("ACL SETUSER gateway", StringComparison.Ordinal);
        var shown = document[start..document.IndexOf("```", start, StringComparison.Ordinal)].Replace("\\\n", " ", StringComparison.Ordinal);
        static IEnumerable<string> Rules(string text) =>
            text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).SkipWhile(w => w != "gateway").Where(w => w[0] != '>').Order(StringComparer.Ordinal);
        Assert.Equal(Rules(File.ReadAllText(Path.Combine(ComposeRedis.Folder, "gateway.acl"))), Rules(shown));
    }

    [Fact]
    public async Task Redis_evicts_nothing_and_keeps_nothing_on_disk()
    {
        await using var redis = await ComposeRedis.StartAsync(Compose["services"]!["redis"]!);
        Assert.Contains("maxmemory_policy:noeviction", await redis.CallAsync("INFO", "memory"), StringComparison.Ordinal);
        var persistence = await redis.CallAsync("INFO", "persistence");
        Assert.Contains("aof_enabled:0", persistence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_does_not_read_its_answers_is_disconnected_before_they_fill_the_memory()
    {
        await using var redis = await ComposeRedis.StartAsync(Compose["services"]!["redis"]!);
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/cluster.md"), TestContext.Current.CancellationToken);
        var limit = document.Split('\n').Single(l => l.StartsWith("client-output-buffer-limit ", StringComparison.Ordinal))["client-output-buffer-limit ".Length..];
        var command = Compose["services"]!["redis"]!["command"]!.AsArray().Select(a => (string)a!).ToList();
        Assert.Equal(limit, command[command.IndexOf("--client-output-buffer-limit") + 1]);
        Assert.True(Megabytes(limit.Split(' ')[1]) <= Megabytes(command[command.IndexOf("--maxmemory") + 1]) / 2);
        Assert.Equal("PONG", await redis.CallAsync("PING"));
    }

    /// <summary>docs/cluster.md, "Memory of Redis": 100,000 clients, and contents of 1,000 bytes.</summary>
    [Fact]
    public void The_streams_of_messages_fit_the_memory_of_redis()
    {
        var command = Compose["services"]!["redis"]!["command"]!.AsArray().Select(a => (string)a!).ToList();
        var memory = Megabytes(command[command.IndexOf("--maxmemory") + 1]) * 1024L * 1024;
        var messages = long.Parse((string)Compose["services"]!["gateway-1"]!["environment"]!["Gateway__Redis__MaxMessages"]!, CultureInfo.InvariantCulture);
        Assert.InRange(messages, 1, ((memory * 7 / 10) - (512 * 100_000) - (2_240 * 10_000)) / (16 * 1_400));
        var container = (string)Compose["services"]!["redis"]!["deploy"]!["resources"]!["limits"]!["memory"]!;
        Assert.True(int.Parse(container.TrimEnd('M'), CultureInfo.InvariantCulture) * 1024L * 1024 >= memory * 3 / 2);
    }

    private static int Megabytes(string size) => int.Parse(size.Replace("mb", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("EVAL", "redis.call('HSET', KEYS[1], 'pump-17', '{}') return redis.call('XADD', KEYS[2], 'MAXLEN', '~', 10, '*', 'change', 'connected')", "2", "heartbeatgateway:{a}:dir", "heartbeatgateway:{a}:events")]
    [InlineData("EVAL", "return redis.call('ZADD', KEYS[1], redis.call('TIME')[1], ARGV[1])", "1", "heartbeatgateway:{nodes}:leases", "epoch")]
    [InlineData("SET", "heartbeatgateway:{a}:claim:x", "e/1", "NX", "PX", "600000")]
    [InlineData("XREAD", "COUNT", "10", "STREAMS", "heartbeatgateway:{a}:events", "0")]
    [InlineData("PUBLISH", "heartbeatgateway:inbox:e", "question")]
    [InlineData("CLIENT", "SETNAME", "heartbeatgateway-gateway-1")]
    public async Task The_user_of_the_gateways_may_do_what_a_cluster_does(params string[] command)
    {
        await using var redis = await ComposeRedis.StartAsync(Compose["services"]!["redis"]!);
        Assert.DoesNotContain("NOPERM", await redis.CallAsync(command), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "other:key")]
    [InlineData("EVAL", "return redis.call('GET', KEYS[1])", "1", "other:key")]
    [InlineData("PUBLISH", "other", "text")]
    [InlineData("FLUSHALL")]
    [InlineData("KEYS", "*")]
    [InlineData("CONFIG", "GET", "*")]
    [InlineData("ACL", "LIST")]
    [InlineData("SHUTDOWN")]
    [InlineData("MONITOR")]
    public async Task The_user_of_the_gateways_may_do_nothing_else(params string[] command)
    {
        await using var redis = await ComposeRedis.StartAsync(Compose["services"]!["redis"]!);
        var answer = await redis.CallAsync(command);
        Assert.True(answer.Contains("NOPERM", StringComparison.Ordinal) || answer.Contains("ACL failure", StringComparison.Ordinal), answer);
    }

    [Fact]
    public async Task Without_the_password_redis_answers_the_health_check_alone()
    {
        await using var redis = await ComposeRedis.StartAsync(Compose["services"]!["redis"]!);
        Assert.Equal("PONG", await redis.CallWithoutUserAsync("PING"));
        Assert.Contains("NOPERM", await redis.CallWithoutUserAsync("GET", "heartbeatgateway:{nodes}:bans"), StringComparison.Ordinal);
        // The file for Redis has the hash only.
        Assert.DoesNotContain(redis.Password, await File.ReadAllTextAsync(redis.UsersFile, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_password_is_made_once()
    {
        await using var redis = await ComposeRedis.StartAsync(Compose["services"]!["redis"]!);
        var password = redis.Password;
        Assert.Equal(32, Convert.FromBase64String(password).Length);
        await redis.MakeSecretsAsync();
        Assert.Equal(password, redis.Password);
    }

    [Fact]
    public async Task Gateways_with_the_compose_settings_form_a_cluster()
    {
        await using var redis = await ComposeRedis.StartAsync(Compose["services"]!["redis"]!);
        await using var first = await StartAsync("gateway-1", redis);
        await using var second = await StartAsync("gateway-2", redis);
        await using var third = await StartAsync("gateway-3", redis);
        foreach (var gateway in new[] { first, second, third }) await gateway.ReachesAsync("heartbeatgateway_cluster_nodes", 3);
    }

    private static Task<GatewayProcess> StartAsync(string name, ComposeRedis redis)
    {
        var settings = Compose["services"]![name]!["environment"]!.AsObject()
            .Select(s => (s.Key, (string?)((string)s.Value!).Replace("/run/redis-client", redis.ClientFolder, StringComparison.Ordinal).Replace("/run/token", redis.TokenFolder, StringComparison.Ordinal)));
        return GatewayProcess.StartAsync([("Gateway__Tokens__Keys__0__Secret", null), .. settings]);
    }
}
