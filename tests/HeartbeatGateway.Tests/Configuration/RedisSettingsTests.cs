using HeartbeatGateway.Cluster;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Redis;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace HeartbeatGateway.Tests.Configuration;

/// <summary>The settings of a cluster: what they become, and what is said of wrong ones.</summary>
public sealed class RedisSettingsTests
{
    private const string Password = "password-of-redis";

    [Fact]
    public void Without_a_configuration_there_is_no_cluster_and_the_host_names_the_node()
    {
        var redis = Read().Redis;
        Assert.Null(redis.Parsed);
        Assert.Matches("^[A-Za-z0-9._-]{1,64}$", redis.Name);
    }

    [Fact]
    public void The_settings_become_the_options_of_the_cluster()
    {
        var redis = Read(
            ("Configuration", $"redis-1:6379,redis-2:6379,password={Password},ssl=true"), ("Prefix", "fleet:a"), ("NodeName", "node-1"), ("Lease", "00:00:04"), ("EnterTimeout", "00:00:00.1"),
            ("MaxEvents", "500"), ("MaxMessages", "600")).Redis.Parsed!;
        Assert.Equal(("fleet:a", "node-1", 4, 100, 500, 600), (redis.Prefix, redis.NodeName, redis.Lease.TotalSeconds, redis.EnterTimeout.TotalMilliseconds, redis.MaxEvents, redis.MaxMessages));
        Assert.Contains(Password, redis.Configuration, StringComparison.Ordinal);
        Assert.NotEmpty(redis.Version!);
    }

    [Fact]
    public void The_configuration_can_be_in_a_file()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("redis");
        File.WriteAllText(file, $"redis-1:6379,password={Password}\n");
        Assert.Equal($"redis-1:6379,password={Password}", Read(("ConfigurationFile", file)).Redis.Parsed!.Configuration);
        AssertFault("Gateway:Redis has both a Configuration and a ConfigurationFile, but must have one of them.", ("ConfigurationFile", file), ("Configuration", "redis-1"));
        AssertFault("Gateway:Redis:ConfigurationFile cannot be read: ", ("ConfigurationFile", folder.File("none")));
        File.WriteAllText(file, $"redis-1:6379,password={Password},ssl=maybe\n");
        AssertFault("Gateway:Redis:ConfigurationFile cannot be used. Option 'ssl' (element 3) must be true or false.", ("ConfigurationFile", file));
    }

    [Fact]
    public void Certificates_for_TLS_are_read_from_files_and_faults_name_the_key()
    {
        using var certificates = new TestCertificates();
        var redis = Read(
            ("Configuration", "redis-1,ssl=true"), ("TrustedRootsFile", certificates.AuthorityFile), ("ClientCertificateFile", certificates.CertificateFile), ("ClientKeyFile", certificates.KeyFile)).Redis.Parsed!;
        Assert.Equal("CN=authority of a test", Assert.Single(redis.TrustedRoots!).Subject);
        Assert.True(redis.ClientCertificate!.TargetCertificate.HasPrivateKey);
        AssertFault("Gateway:Redis:TrustedRootsFile '/no/roots' cannot be read: ", ("Configuration", "redis-1,ssl=true"), ("TrustedRootsFile", "/no/roots"));
        AssertFault($"Gateway:Redis:TrustedRootsFile '{certificates.KeyFile}' holds no certificate in PEM.", ("Configuration", "redis-1,ssl=true"), ("TrustedRootsFile", certificates.KeyFile));
        AssertFault("Gateway:Redis:ClientCertificateFile and Gateway:Redis:ClientKeyFile belong together", ("Configuration", "redis-1,ssl=true"), ("ClientKeyFile", certificates.KeyFile));
        AssertFault(
            $"Gateway:Redis:ClientKeyFile '{certificates.KeyFile}' does not hold the key of the first certificate in '{certificates.AuthorityFile}'",
            ("Configuration", "redis-1,ssl=true"), ("ClientCertificateFile", certificates.AuthorityFile), ("ClientKeyFile", certificates.KeyFile));
        AssertFault("It has no ssl=true, without which certificates have no effect.", ("Configuration", "redis-1"), ("TrustedRootsFile", certificates.AuthorityFile));
        AssertFault("the other keys of Gateway:Redis have no effect", ("TrustedRootsFile", certificates.AuthorityFile));
    }

    [Theory]
    [InlineData("Prefix", "a b", "Gateway:Redis:Prefix must have 1 to 64 characters of A-Z a-z 0-9 . _ : -")]
    [InlineData("Prefix", "{a}", "Gateway:Redis:Prefix must have 1 to 64 characters")]
    [InlineData("NodeName", "node 1", "Gateway:Redis:NodeName must have 1 to 64 characters of A-Z a-z 0-9 . _ -")]
    [InlineData("Lease", "00:00:00.9", "Gateway:Redis:Lease is 00:00:00.9000000, but must be between 00:00:01 and 00:05:00")]
    [InlineData("EnterTimeout", "00:00:06", "Gateway:Redis:EnterTimeout is 00:00:06, but must be between 00:00:00.0100000 and 00:00:05")]
    [InlineData("MaxEvents", "99", "Gateway:Redis:MaxEvents is 99, but must be between 100 and 10000000.")]
    [InlineData("MaxMessages", "0", "Gateway:Redis:MaxMessages is 0, but must be between 100 and 100000000.")]
    [InlineData("Configuration", "redis-1,pasword=" + Password, "Gateway:Redis:Configuration cannot be used. Option 'pasword' (element 2) is not known; did you mean 'password'?")]
    [InlineData("Configuration", "redis-1,password=a," + Password, "Gateway:Redis:Configuration cannot be used. Element 3 follows a password")]
    [InlineData("Configuration", "redis-1:99999,password=" + Password, "Gateway:Redis:Configuration cannot be used. The port of the server 'redis-1' (element 1) must be")]
    [InlineData("Configuration", "password=" + Password, "Gateway:Redis:Configuration cannot be used. It names no server.")]
    [InlineData("Colour", "red", "Gateway:Redis:Colour is not a known setting")]
    public void A_wrong_value_is_named_without_the_secret(string key, string value, string fault) => AssertFault(fault, ("Configuration", $"redis-1,password={Password}"), (key, value));

    [Fact]
    public void Other_keys_without_a_configuration_are_a_mistake() =>
        AssertFault("Gateway:Redis:Configuration is missing: without it this gateway is in no cluster, and the other keys of Gateway:Redis have no effect.", ("Prefix", "fleet"));

    [Fact]
    public void The_sink_redis_needs_a_configuration()
    {
        AssertFault("Gateway:Redis:Configuration is missing: Gateway:Messages:Sinks names the sink redis, which needs a Redis.", ("Sink", "redis"));
        Assert.NotNull(Read(("Sink", "redis"), ("Configuration", "redis-1")).Redis.Parsed);
    }

    [Fact]
    public async Task The_settings_choose_the_cluster()
    {
        await using (var alone = Build()) Assert.IsType<EmbeddedCluster>(alone.GetRequiredService<ICluster>());
        await using var provider = Build(("Configuration", "127.0.0.1:1"));
        Assert.Equal("node-1", Assert.IsType<RedisCluster>(provider.GetRequiredService<ICluster>()).Self.Name);
    }

    private static ServiceProvider Build(params (string Key, string Value)[] redis)
    {
        var services = new ServiceCollection();
        services.AddLogging().AddMetrics().AddSingleton(TimeProvider.System);
        services.AddCluster(Read([.. redis, ("NodeName", "node-1")]));
        return services.BuildServiceProvider();
    }

    private static void AssertFault(string fault, params (string Key, string Value)[] redis)
    {
        var e = Assert.Throws<GatewayOptionsException>(() => Read(redis));
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, e.Message, StringComparison.Ordinal);
    }

    private static ServiceOptions Read(params (string Key, string Value)[] redis)
    {
        var values = redis.Select(s => KeyValuePair.Create(s.Key == "Sink" ? "Gateway:Messages:Sinks:0:Kind" : $"Gateway:Redis:{s.Key}", (string?)s.Value))
            .Append(KeyValuePair.Create("Gateway:Tokens:Keys:0:Secret", (string?)TestSecrets.Secret));
        // The later value of a key counts.
        return GatewayConfiguration.Read(new ConfigurationBuilder().AddInMemoryCollection(values.GroupBy(v => v.Key).Select(g => g.Last())).Build(), isDevelopment: false);
    }
}
