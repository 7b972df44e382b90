using System.Net;
using System.Text;
using HeartbeatGateway.Redis.Streams;
using HeartbeatGateway.Redis.Tests.Channel;
using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Redis.Tests.Streams;

/// <summary>The programs in Python of docs/cluster.md, run as the user for back ends that is documented beside them.</summary>
public sealed class DocumentedConsumersTests : RedisTest
{
    private static string Consumer => ClusterDocument.BlockUnder("A consumer in Python", "python");

    private static string Presence => ClusterDocument.BlockUnder("Who is connected, in Python", "python");

    [Fact]
    public async Task The_consumer_goes_on_when_Redis_comes_back_empty()
    {
        await using var redis = await RedisServer.StartAsync(["--user", .. ClusterDocument.AclOf("backend", "t")[2..]]);
        await using var node = new ChannelNode(redis.Configuration);
        await using var sink = new RedisMessageSink(node.Connection, node.Keys, node.Metrics, node.Log);
        using var consumer = new PythonScript([("consumer.py", Consumer)], "127.0.0.1", $"{redis.Port}", "t", "one");
        await SendAsync(sink, "before", 40);
        await ReadsAsync(consumer, "before", 40);

        // The server goes on, without its keys: commands of the group fail with NOGROUP, or UNBLOCKED while one waits.
        await redis.CallAsync("flushall");
        await SendAsync(sink, "flushed", 40);
        await ReadsAsync(consumer, "flushed", 40);

        await redis.StartAgainAsync();
        await SendAsync(sink, "restarted", 40);
        await ReadsAsync(consumer, "restarted", 40);
        Assert.DoesNotContain(consumer.Errors, e => e.Contains("NOPERM", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_consumer_reads_each_stream_at_its_master_of_a_Redis_Cluster()
    {
        await using var masters = await RedisMasters.StartAsync();
        foreach (var server in masters.Servers) await server.CallAsync(ClusterDocument.AclOf("backend", "t"));
        await using var node = new ChannelNode(masters.Configuration);
        await using var sink = new RedisMessageSink(node.Connection, node.Keys, node.Metrics, node.Log);
        using var consumer = new PythonScript([("consumer.py", Consumer)], "127.0.0.1", $"{masters.Servers[1].Port}", "t", "one");
        // 100 clients are in all 16 streams.
        Assert.Equal(RedisKeys.Partitions, Enumerable.Range(0, 100).Select(i => RedisKeys.PartitionOf($"pump-{i}")).Distinct().Count());
        await SendAsync(sink, "m", 100);
        await ReadsAsync(consumer, "m", 100);
        Assert.Empty(consumer.Errors);
    }

    [Fact]
    public async Task The_program_for_presence_knows_who_is_connected_also_after_events_were_lost()
    {
        await Redis.CallAsync(ClusterDocument.AclOf("backend", "heartbeatgateway"));
        var (a, b) = (await StartNodeAsync("a"), await StartNodeAsync("b"));
        for (var i = 0; i < 50; i++) await a.ConnectAsync($"device-{i}");
        using var presence = new PythonScript([("presence.py", Presence), ("consumer.py", Consumer)], "127.0.0.1", $"{Redis.Port}", "heartbeatgateway");
        var expected = Enumerable.Range(0, 50).ToDictionary(i => $"device-{i}", _ => "online a", StringComparer.Ordinal);
        await KnowsAsync();

        foreach (var id in (string[])["device-1", "new-1"]) await b.ConnectAsync(id);
        a.Table.Remove("device-2");
        (expected["device-1"], expected["new-1"], expected["device-2"]) = ("online b", "online b", "offline disconnected");
        await KnowsAsync();

        // The directory changes without an event, as when the stream is trimmed before the program reads it.
        await Redis.CallAsync("hdel", Keys.Directory(RedisKeys.PartitionOf("device-3")), "device-3");
        for (var p = 0; p < RedisKeys.Partitions; p++) await Redis.CallAsync("xtrim", Keys.Events(p), "maxlen", "0");
        await b.ConnectAsync("new-2");
        (expected["device-3"], expected["new-2"]) = ("offline ", "online b");
        await KnowsAsync();

        // Redis comes back empty: the nodes enter their clients again, and in the end the program has them all.
        a.Table.Remove("device-3");
        await Redis.CallAsync("flushall");
        foreach (var node in (TestNode[])[a, b]) await node.RenewAsync();
        await UntilAsync(async () => await CountAsync() == 50);
        await b.ConnectAsync("new-3");
        expected["new-3"] = "online b";
        await KnowsAsync(isOffline: s => s.StartsWith("offline", StringComparison.Ordinal));
        Assert.DoesNotContain(presence.Errors, e => e.Contains("NOPERM", StringComparison.Ordinal));

        Task KnowsAsync(Func<string, bool>? isOffline = null) => Waiting.UntilAsync(
            () =>
            {
                var last = presence.Lines.Select(l => l.Split(' ', 2)).GroupBy(l => l[0], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last()[1], StringComparer.Ordinal);
                return expected.All(e => last.TryGetValue(e.Key, out var state) && (isOffline?.Invoke(e.Value) == true ? isOffline(state) : state == e.Value))
                    && last.Count == expected.Count;
            },
            () => $"the program does not know who is connected:\n{string.Join('\n', presence.Errors)}\n{string.Join('\n', presence.Lines)}",
            TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task The_user_of_back_ends_reads_nothing_else_and_writes_no_directory()
    {
        await Redis.CallAsync(ClusterDocument.AclOf("backend", "heartbeatgateway"));
        foreach (var refused in (string[][])
            [["get", Keys.Bans], ["hset", Keys.Directory(0), "x", "{}"], ["del", Keys.Directory(0)], ["xadd", Keys.Events(0), "*", "change", "connected"], ["flushall"], ["keys", "*"],
                ["xread", "streams", "other", "0"], ["publish", "heartbeatgateway:bans", "x"], ["acl", "list"]])
        {
            Assert.Contains("NOPERM", await Redis.CallAsync(["--user", "backend", "--pass", "secret", "--no-auth-warning", .. refused]), StringComparison.Ordinal);
        }
    }

    private static async Task SendAsync(RedisMessageSink sink, string content, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await sink.AcceptAsync(
                new GatewayMessage
                {
                    ClientId = $"pump-{i}",
                    ConnectionId = new ConnectionId(0, 42),
                    RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1),
                    Type = "reading",
                    Content = Encoding.UTF8.GetBytes($"{content}-{i}"),
                    ReceivedAt = DateTimeOffset.UnixEpoch,
                },
                TestContext.Current.CancellationToken);
        }
    }

    private static Task ReadsAsync(PythonScript consumer, string content, int count) => Waiting.UntilAsync(
        () => Enumerable.Range(0, count).All(i => consumer.Lines.Contains($"pump-{i} {content}-{i}")),
        () => $"not all messages '{content}' were read:\n{string.Join('\n', consumer.Errors)}\n{string.Join('\n', consumer.Lines)}",
        TimeSpan.FromSeconds(60));
}
