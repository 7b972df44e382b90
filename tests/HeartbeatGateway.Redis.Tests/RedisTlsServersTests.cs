using System.Net;
using HeartbeatGateway.Redis.Tests.Channel;
using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Redis.Tests;

/// <summary>TLS with several servers: a Redis Cluster, and a master with a replica and a Sentinel. All of them ask for certificates.</summary>
public sealed class RedisTlsServersTests
{
    private const int Clients = 64;
    private static readonly TimeSpan ToPromote = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("127.0.0.1", "")]
    [InlineData("192.0.2.7", ",sslHost=192.0.2.7")]
    public async Task A_Redis_Cluster_of_three_masters_is_used_by_TLS(string certificateFor, string more)
    {
        using var certificates = new RedisCertificates(IPAddress.Parse(certificateFor));
        await using var masters = await StartMastersAsync(certificates);
        // The second node learns the two other masters from the third one, with their addresses.
        await using var a = await Node("a", masters.Configuration + more, certificates).StartAsync();
        await using var b = await Node("b", masters.Servers[2].Configuration + more, certificates).StartAsync();
        await AssertSharedAsync(a, b);
        foreach (var server in masters.Servers) Assert.NotEqual("0", await server.CallAsync([.. certificates.CliOptions, "dbsize"]));
        await AssertAnswersAsync(masters.Configuration + more, masters.Servers[2].Configuration + more, certificates);
    }

    [Fact]
    public async Task The_certificates_of_a_Redis_Cluster_must_be_for_the_addresses_or_for_sslHost()
    {
        using var certificates = new RedisCertificates(IPAddress.Parse("192.0.2.7"));
        await using var masters = await StartMastersAsync(certificates);
        await using var node = Channel(masters.Configuration, certificates);
        await Waiting.UntilAsync(() => node.Lines.Contains("RedisCertificateRefused"), "the log says it");
        Assert.Contains("it is for 192.0.2.7", node.Log.Collector.GetSnapshot().First(l => l.Id.Name == "RedisCertificateRefused").Message);
        Assert.False(node.Connection.IsConnected);
    }

    [Theory]
    [InlineData("127.0.0.1", "")]
    [InlineData("192.0.2.7", ",sslHost=192.0.2.7")]
    public async Task A_Sentinel_is_used_by_TLS_and_names_the_next_master(string certificateFor, string more)
    {
        using var certificates = new RedisCertificates(IPAddress.Parse(certificateFor));
        string[] settings = [.. certificates.ServerSettings(mustIdentify: true), "--tls-replication", "yes"];
        await using var master = await RedisServer.StartAsync([.. settings, "--repl-diskless-sync-delay", "0"]);
        await using var replica = await RedisServer.StartAsync([.. settings, "--replicaof", $"{master.Address}", $"{master.Port}"]);
        string[] lines = [.. settings.Chunk(2).Select(s => $"{s[0][2..]} {s[1]}")];
        await using var sentinel = await RedisSentinel.StartAsync(master, certificates.CliOptions, lines);
        await using var a = await Node("a", sentinel.Configuration + more, certificates).StartAsync();
        await using var b = await Node("b", sentinel.Configuration + more, certificates).StartAsync();
        await AssertSharedAsync(a, b);
        await AssertAnswersAsync(sentinel.Configuration + more, sentinel.Configuration + more, certificates);

        await master.KillAsync();
        var took = await Waiting.UntilAsync(
            () => IsMasterAsync(replica, certificates),
            () => "the replica was not promoted",
            ToPromote);
        Waiting.Write($"promoted after {took}");
        var later = 0;
        await Waiting.UntilAsync(
            async () => (await a.ConnectAsync($"later-{++later}")).Kind == ClusterEntryKind.Entered && await FoundAsync(b, $"later-{later}") is not null,
            () => "no client is entered at the next master",
            ToPromote);
    }

    private static async Task AssertSharedAsync(TestNode a, TestNode b)
    {
        for (var i = 0; i < Clients; i++) Assert.Equal(ClusterEntryKind.Entered, (await a.ConnectAsync($"device-{i}")).Kind);
        for (var i = 0; i < Clients; i++) Assert.Equal(a.Cluster.Self.Epoch, (await b.FindAsync($"device-{i}"))?.Epoch);
        Assert.Equal(2, (await b.Cluster.ListNodesAsync(TestContext.Current.CancellationToken)).Count);
    }

    private static async Task AssertAnswersAsync(string one, string other, RedisCertificates certificates)
    {
        await using var a = Channel(one, certificates);
        await using var b = Channel(other, certificates);
        b.Inbox.Answer("echo", (body, _) => ValueTask.FromResult(body));
        await a.ListenAsync("a");
        await b.ListenAsync("b");
        // The connection of the one that asks may be made a moment later.
        await Waiting.UntilAsync(
            async () => (await a.Inbox.AskAsync("b", "echo", default, TestContext.Current.CancellationToken)).Kind == NodeAnswerKind.Answered,
            () => "the other node does not answer",
            ToPromote);
    }

    /// <summary>False too while it cannot be asked: a replica ends the connections of its clients when it becomes a master.</summary>
    private static async Task<bool> IsMasterAsync(RedisServer server, RedisCertificates certificates)
    {
        try
        {
            return (await server.CallAsync([.. certificates.CliOptions, "role"])).StartsWith("master", StringComparison.Ordinal);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Null too while Redis cannot be asked.</summary>
    private static async Task<ClusterMember?> FoundAsync(TestNode node, string id)
    {
        try
        {
            return await node.FindAsync(id);
        }
        catch (Exception e) when (RedisConnection.IsFailure(e) || e is ClusterUnavailableException)
        {
            return null;
        }
    }

    private static Task<RedisMasters> StartMastersAsync(RedisCertificates certificates) =>
        RedisMasters.StartAsync([.. certificates.ServerSettings(mustIdentify: true), "--tls-cluster", "yes"], certificates.CliOptions);

    private static TestNode Node(string name, string configuration, RedisCertificates certificates) =>
        new(name, $"{configuration},ssl=true", new TestNetwork(), o => o with { TrustedRoots = certificates.Roots, ClientCertificate = certificates.Node });

    private static ChannelNode Channel(string configuration, RedisCertificates certificates) =>
        new($"{configuration},ssl=true", options: o => o with { TrustedRoots = certificates.Roots, ClientCertificate = certificates.Node });
}
