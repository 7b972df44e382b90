using System.Net;
using HeartbeatGateway.Redis.Tests.Channel;
using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Tests;

/// <summary>TLS, with real redis-servers.</summary>
public sealed class RedisTlsTests
{
    [Fact]
    public async Task A_private_authority_a_client_certificate_and_a_user_with_a_password_work_together()
    {
        using var certificates = new RedisCertificates();
        await using var redis = await RedisServer.StartAsync(certificates.ServerSettings(mustIdentify: true));
        await redis.CallAsync([.. certificates.CliOptions, .. RedisCommands.AclOf("gateway", "secret", "t").Split(' ')]);
        await redis.CallAsync([.. certificates.CliOptions, "acl", "setuser", "default", "off"]);
        await using var a = Node(redis, certificates, ",user=gateway,password=secret");
        await using var b = Node(redis, certificates, ",user=gateway,password=secret");
        b.Inbox.Answer("echo", (body, _) => ValueTask.FromResult(body));
        await a.ListenAsync("a");
        await b.ListenAsync("b");
        Assert.Equal(NodeAnswerKind.Answered, (await a.Inbox.AskAsync("b", "echo", default, TestContext.Current.CancellationToken)).Kind);
        Assert.DoesNotContain(a.Lines, l => l is "RedisCertificateRefused" or "RedisLoginRefused");
    }

    [Fact]
    public async Task An_authority_that_is_not_trusted_is_refused_and_named()
    {
        using var certificates = new RedisCertificates();
        using var others = new RedisCertificates();
        await using var redis = await RedisServer.StartAsync(certificates.ServerSettings(mustIdentify: false));
        await AssertRefusedAsync(redis, others, "its issuer 'CN=private authority' is no authority of Gateway:Redis:TrustedRootsFile");
        await AssertRefusedAsync(redis, null, "is no authority of this system. Put the certificate of a private authority into Gateway:Redis:TrustedRootsFile");
    }

    [Fact]
    public async Task A_certificate_for_another_server_is_refused_and_its_names_are_said()
    {
        using var certificates = new RedisCertificates(IPAddress.Parse("192.0.2.7"));
        await using var redis = await RedisServer.StartAsync(certificates.ServerSettings(mustIdentify: false));
        await AssertRefusedAsync(redis, certificates, "it is for 192.0.2.7. Name the server so in the configuration, or add sslHost=NAME with a name of the certificate instead of '127.0.0.1'");
        // With that name it is accepted.
        await using var node = Node(redis, certificates, ",sslHost=192.0.2.7");
        await Waiting.UntilAsync(() => node.Connection.IsConnected, "it is connected");
    }

    [Fact]
    public async Task A_certificate_that_is_out_of_date_is_refused_with_its_dates()
    {
        using var certificates = new RedisCertificates(validForDays: -1);
        await using var redis = await RedisServer.StartAsync(certificates.ServerSettings(mustIdentify: false));
        await AssertRefusedAsync(redis, certificates, "it, or its authority, is out of date; it is valid from ");
    }

    [Fact]
    public async Task Without_the_certificate_that_Redis_asks_for_there_is_no_connection()
    {
        using var certificates = new RedisCertificates();
        await using var redis = await RedisServer.StartAsync(certificates.ServerSettings(mustIdentify: true));
        await using var node = Node(redis, certificates, "", withCertificate: false);
        await Assert.ThrowsAnyAsync<RedisException>(() => node.Connection.CallAsync(db => db.PingAsync(), TimeSpan.FromSeconds(10)));
        Assert.False(node.Connection.IsConnected);
    }

    [Fact]
    public void Certificates_without_ssl_are_a_mistake()
    {
        using var certificates = new RedisCertificates();
        var options = new RedisOptions { Configuration = "redis-1", NodeName = "node-1", TrustedRoots = certificates.Roots };
        Assert.Equal("It has no ssl=true, without which certificates have no effect.", options.FindConfigurationFault());
        Assert.Null((options with { Configuration = "redis-1,ssl=true" }).FindConfigurationFault());
    }

    private static async Task AssertRefusedAsync(RedisServer redis, RedisCertificates? trusted, string fault)
    {
        await using var node = Node(redis, trusted, "");
        await Waiting.UntilAsync(() => node.Lines.Contains("RedisCertificateRefused"), "the log says it");
        var line = node.Log.Collector.GetSnapshot().First(l => l.Id.Name == "RedisCertificateRefused").Message;
        Waiting.Write(line);
        Assert.StartsWith("The certificate of Redis 127.0.0.1 is refused: ", line);
        Assert.Contains(fault, line);
        Assert.False(node.Connection.IsConnected);
    }

    private static ChannelNode Node(RedisServer redis, RedisCertificates? certificates, string more, bool withCertificate = true) => new(
        $"{redis.Configuration},ssl=true{more}",
        options: o => o with { TrustedRoots = certificates?.Roots, ClientCertificate = withCertificate ? certificates?.Node : null });
}
