using System.Globalization;
using System.Net;
using HeartbeatGateway.Redis.Streams;
using HeartbeatGateway.Redis.Tests.Channel;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Redis.Tests.Streams;

/// <summary>A real Redis that is reached and does not take messages: they wait, the log says why, and none is acknowledged before it is in its stream.</summary>
public sealed class RefusedMessagesTests
{
    [Fact]
    public async Task A_full_Redis_lets_messages_wait_until_it_has_room()
    {
        await using var redis = await RedisServer.StartAsync();
        await AssertWaitsAsync(redis, () => redis.CallAsync("config", "set", "maxmemory", "1"), "OOM", () => redis.CallAsync("config", "set", "maxmemory", "0"));
    }

    [Fact]
    public async Task A_master_that_became_a_replica_lets_messages_wait_until_there_is_a_master()
    {
        await using var master = await RedisServer.StartAsync();
        await using var redis = await RedisServer.StartAsync();
        await AssertWaitsAsync(redis, () => redis.CallAsync("replicaof", "127.0.0.1", master.Port.ToString(CultureInfo.InvariantCulture)), null, () => redis.CallAsync("replicaof", "no", "one"));
    }

    [Fact]
    public async Task A_master_without_enough_replicas_lets_messages_wait()
    {
        await using var redis = await RedisServer.StartAsync();
        await AssertWaitsAsync(redis, () => redis.CallAsync("config", "set", "min-replicas-to-write", "1"), "NOREPLICAS", () => redis.CallAsync("config", "set", "min-replicas-to-write", "0"));
    }

    [Fact]
    public async Task A_user_without_the_right_lets_messages_wait_until_it_has_it()
    {
        await using var redis = await RedisServer.StartAsync();
        await AssertWaitsAsync(redis, () => redis.CallAsync("acl", "setuser", "default", "-xadd"), "NOPERM", () => redis.CallAsync("acl", "setuser", "default", "+xadd"));
    }

    [Fact]
    public async Task A_server_that_loads_its_data_lets_messages_wait_until_it_has_it()
    {
        await using var redis = await RedisServer.StartAsync("--loading-process-events-interval-bytes", "1024", "--enable-debug-command", "yes");
        await redis.CallAsync("eval", "for i = 1, 3000 do redis.call('set', 'k' .. i, string.rep('x', 100)) end", "0");
        await redis.CallAsync("save");
        await redis.CallAsync("config", "set", "key-load-delay", "1000");
        // Loads for three seconds or more, and answers LOADING meanwhile.
        Task? loading = null;
        await AssertWaitsAsync(
            redis,
            async () =>
            {
                loading = redis.CallAsync("debug", "reload", "nosave");
                await Waiting.UntilAsync(async () => (await redis.CallAsync("ping")).Contains("LOADING", StringComparison.Ordinal), "it loads");
            },
            "LOADING",
            () => loading!);
    }

    /// <param name="redis">The server.</param>
    /// <param name="refuse">Lets it refuse messages.</param>
    /// <param name="reason">What the log must have; null for any reason.</param>
    /// <param name="restore">Lets it take them.</param>
    private static async Task AssertWaitsAsync(RedisServer redis, Func<Task> refuse, string? reason, Func<Task> restore)
    {
        // Long enough that Redis refuses each try in time.
        await using var node = new ChannelNode(redis.Configuration, options: o => o with { CallTimeout = TimeSpan.FromSeconds(10) });
        await using var sink = new RedisMessageSink(node.Connection, node.Keys, node.Metrics, node.Log);
        await node.Connection.CallAsync(db => db.PingAsync(), TimeSpan.FromSeconds(10));
        await refuse();
        var verdicts = new List<MessageVerdict>();
        for (var i = 0; i < 10; i++) await sink.AcceptAsync(Message(i, verdicts), CancellationToken.None);
        await Waiting.UntilAsync(() => node.Lines.Contains("StreamSinkFailing"), "the log says that messages wait");
        var line = node.Log.Collector.GetSnapshot().First(l => l.Id.Name == "StreamSinkFailing").Message;
        Waiting.Write(line);
        if (reason is not null) Assert.Contains(reason, line);
        lock (verdicts) Assert.Empty(verdicts);
        // A retry may have them in flight at this moment.
        var books = sink.Books.Read();
        Assert.Equal(10, books.Waiting + books.InFlight);
        await restore();
        await Waiting.UntilAsync(() => sink.Books.Read().Delivered == 10, "all are in the stream");
        lock (verdicts) Assert.Equal(Enumerable.Repeat(MessageVerdict.Accepted, 10), verdicts);
        var stored = await redis.CallAsync("xrange", node.Keys.Messages(RedisKeys.PartitionOf("pump-1")), "-", "+");
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"m{i}"), stored.Split("\ncontent\n").Skip(1).Select(e => e.Split('\n')[0]).Distinct(StringComparer.Ordinal));
        // What Redis refused is not in the stream: its repeat is no duplicate.
        Assert.DoesNotContain("\nredelivered\n", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("..", line, StringComparison.Ordinal);
        await Waiting.UntilAsync(() => node.Lines.Contains("StreamSinkRecovered"), "the log says that they are added again");
    }

    private static GatewayMessage Message(int number, List<MessageVerdict> verdicts) => new()
    {
        ClientId = "pump-1",
        ConnectionId = new ConnectionId(0, 42),
        RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1),
        Type = "reading",
        Content = System.Text.Encoding.UTF8.GetBytes($"m{number.ToString(CultureInfo.InvariantCulture)}"),
        ReceivedAt = DateTimeOffset.UnixEpoch,
        Settled = v =>
        {
            lock (verdicts) verdicts.Add(v);
        },
    };
}
