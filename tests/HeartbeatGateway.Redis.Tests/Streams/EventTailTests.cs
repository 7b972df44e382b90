using System.Globalization;
using HeartbeatGateway.Redis.Streams;
using HeartbeatGateway.Redis.Tests.Channel;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Redis.Tests.Streams;

/// <summary>Presence events of all nodes, with real redis-servers.</summary>
public sealed class EventTailTests
{
    [Fact]
    public async Task Readers_get_what_follows_and_share_one_poll()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var node = new ChannelNode(redis.Configuration);
        await AddAsync(redis, node, "before", 1);
        var tail = new EventTail(node.Connection, node.Keys, node.Metrics, node.Log);
        await using var one = new Reader(tail);
        await tail.Begun;
        await using var two = new Reader(tail);
        await AddAsync(redis, node, "pump-1", 2, "reason", "idle_timeout", "cause", "reader_idle", "s", "s-1");
        foreach (var reader in new[] { one, two })
        {
            var e = await reader.NextAsync();
            Assert.Equal(("connected", "pump-1", 2L, "e1", "n1", "7"), (e.Change, e.ClientId, e.Generation, e.Epoch, e.Node, e.ConnectionId));
            Assert.Equal(("s-1", "idle_timeout", "reader_idle", false), (e.Session, e.Reason, e.Cause, e.FollowsGap));
            Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000), e.Time);
            Assert.StartsWith($"{RedisKeys.PartitionOf("pump-1")}:", e.Id, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("cmdstat_xreadgroup", await redis.CallAsync("info", "commandstats"), StringComparison.Ordinal);
        Assert.Equal(0, node.Series.Read("heartbeatgateway.cluster.events_gaps"));
    }

    [Fact]
    public async Task Each_clients_events_come_in_order_and_none_is_lost_or_doubled()
    {
        await using var stream = await FollowedStream.StartAsync();
        var (redis, node, reader) = stream;
        for (var g = 1; g <= 40; g++) await AddAsync(redis, node, $"pump-{(g % 4).ToString(CultureInfo.InvariantCulture)}", g);
        var events = new List<ClusterEvent>();
        while (events.Count < 40) events.Add(await reader.NextAsync());
        Assert.All(events.GroupBy(e => e.ClientId), c => Assert.Equal(c.Select(e => e.Generation).Order(), c.Select(e => e.Generation)));
        Assert.Equal(40, events.Select(e => e.Id).Distinct(StringComparer.Ordinal).Count());
        Assert.DoesNotContain(events, e => e.FollowsGap);
    }

    [Fact]
    public async Task A_stream_that_was_trimmed_past_the_reader_and_one_that_was_lost_are_gaps()
    {
        await using var stream = await FollowedStream.StartAsync();
        var (redis, node, reader) = stream;
        await AddAsync(redis, node, "pump-1", 1);
        Assert.False((await reader.NextAsync()).FollowsGap);

        var key = node.Keys.Events(RedisKeys.PartitionOf("pump-1"));
        await redis.CallAsync("eval", $"for i = 1, 5 do redis.call('XADD', KEYS[1], '*', 'change', 'connected', 'id', 'pump-1', 'g', i, 'at', 1) end redis.call('XTRIM', KEYS[1], 'MAXLEN', 1)", "1", key);
        var trimmed = await reader.NextAsync();
        Assert.Equal((true, 5L), (trimmed.FollowsGap, trimmed.Generation));
        Assert.Equal(1, node.Series.Read("heartbeatgateway.cluster.events_gaps"));

        await redis.KillAsync();
        await redis.StartAgainAsync();
        var first = await AddUntilReadAsync(stream, 7);
        Assert.True(first.FollowsGap);
        Assert.InRange(first.Generation, 7, long.MaxValue);
        await AddAsync(redis, node, "pump-1", first.Generation + 1);
        Assert.False((await reader.NextAsync()).FollowsGap);
    }

    [Fact]
    public async Task Events_from_before_a_failover_that_lost_the_last_one_are_not_read_again()
    {
        await using var stream = await FollowedStream.StartAsync();
        var (redis, node, reader) = stream;
        for (var g = 1; g <= 3; g++)
        {
            await AddAsync(redis, node, "pump-1", g);
            Assert.Equal(g, (await reader.NextAsync()).Generation);
        }

        // A replica that became master without the last entry holds this.
        var key = node.Keys.Events(RedisKeys.PartitionOf("pump-1"));
        await redis.CallAsync("eval", "local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1) return redis.call('XDEL', KEYS[1], last[1][1])", "1", key);
        await Waiting.UntilAsync(() => node.Series.Read("heartbeatgateway.cluster.events_gaps") == 1, "the gap is found");
        var next = await AddUntilReadAsync(stream, 4);
        Assert.True(next.FollowsGap);
        Assert.InRange(next.Generation, 4, long.MaxValue);
    }

    [Fact]
    public async Task While_redis_does_not_answer_reads_become_rare_and_small()
    {
        await using var stream = await FollowedStream.StartAsync(ChannelNode.Quick);
        var (redis, node, reader) = stream;
        var key = node.Keys.Events(RedisKeys.PartitionOf("pump-1"));
        // The script adds events of 1.6 MB and keeps Redis for 4 s more. Reads are given up meanwhile, and answered afterwards.
        const string FillAndStay = """
            for i = 1, 400 do redis.call('XADD', KEYS[1], '*', 'change', 'connected', 'id', 'pump-1', 'g', i, 'at', 1, 'reason', string.rep('r', 4000)) end
            local last = redis.call('TIME')[1] + 4
            while tonumber(redis.call('TIME')[1]) < last do end
            """;
        await redis.CallAsync("config", "resetstat");
        await redis.CallAsync("eval", FillAndStay, "1", key);
        for (var g = 1; g <= 400; g++) Assert.Equal(g, (await reader.NextAsync()).Generation);
        var sent = long.Parse((await redis.CallAsync("info", "stats")).Split('\n').Single(l => l.StartsWith("total_net_output_bytes:", StringComparison.Ordinal)).Split(':')[1], CultureInfo.InvariantCulture);
        TestContext.Current.TestOutputHelper?.WriteLine($"{sent} bytes");
        Assert.InRange(sent, 1_600_000, 4_500_000);
    }

    [Fact]
    public async Task An_entry_that_is_no_event_is_skipped()
    {
        await using var stream = await FollowedStream.StartAsync();
        var (redis, node, reader) = stream;
        await redis.CallAsync("xadd", node.Keys.Events(RedisKeys.PartitionOf("pump-1")), "*", "foo", "bar");
        await AddAsync(redis, node, "pump-1", 3);
        Assert.Equal(3, (await reader.NextAsync()).Generation);
        Assert.Contains("EventUnknown", node.Lines);
    }

    [Fact]
    public async Task In_a_Redis_Cluster_the_events_of_all_partitions_are_read()
    {
        await using var masters = await RedisMasters.StartAsync();
        await using var node = new ChannelNode(masters.Configuration);
        var tail = new EventTail(node.Connection, node.Keys, node.Metrics, node.Log);
        await using var reader = new Reader(tail);
        await tail.Begun;
        for (var p = 0; p < RedisKeys.Partitions; p++)
        {
            await masters.Servers[0].CallAsync("-c", "xadd", node.Keys.Events(p), "*", "change", "connected", "id", $"c{p.ToString(CultureInfo.InvariantCulture)}", "g", "1", "at", "1");
        }

        var read = new HashSet<string>(StringComparer.Ordinal);
        while (read.Count < RedisKeys.Partitions) read.Add((await reader.NextAsync()).ClientId);
    }

    private static Task<string> AddAsync(RedisServer redis, ChannelNode node, string client, long generation, params string[] more) => redis.CallAsync(
        ["xadd", node.Keys.Events(RedisKeys.PartitionOf(client)), "*", "change", "connected", "id", client, "g", generation.ToString(CultureInfo.InvariantCulture),
        "e", "e1", "n", "n1", "c", "7", "at", "1700000000000", .. more]);

    /// <summary>Adds events until one is read: those that come before the new place is found belong to the gap.</summary>
    private static async Task<ClusterEvent> AddUntilReadAsync(FollowedStream stream, long generation)
    {
        var (redis, node, reader) = stream;
        var reading = reader.NextAsync();
        for (; !reading.IsCompleted; generation++)
        {
            await AddAsync(redis, node, "pump-1", generation);
            await Task.WhenAny(reading, Task.Delay(EventTail.Interval, TimeProvider.System, TestContext.Current.CancellationToken));
        }

        return await reading;
    }

    /// <summary>A Redis whose events a reader follows.</summary>
    private sealed record FollowedStream(RedisServer Redis, ChannelNode Node, Reader Reader) : IAsyncDisposable
    {
        public static async Task<FollowedStream> StartAsync(Func<RedisOptions, RedisOptions>? options = null)
        {
            var redis = await RedisServer.StartAsync();
            var node = new ChannelNode(redis.Configuration, options: options);
            var tail = new EventTail(node.Connection, node.Keys, node.Metrics, node.Log);
            var reader = new Reader(tail);
            await tail.Begun;
            return new FollowedStream(redis, node, reader);
        }

        public async ValueTask DisposeAsync()
        {
            await Reader.DisposeAsync();
            await Node.DisposeAsync();
            await Redis.DisposeAsync();
        }
    }

    /// <summary>Reads from the beginning of its life on.</summary>
    private sealed class Reader : IAsyncDisposable
    {
        private readonly CancellationTokenSource _ended = new();
        private readonly IAsyncEnumerator<ClusterEvent> _events;
        private Task<bool> _next;

        public Reader(EventTail tail)
        {
            _events = tail.FollowAsync(_ended.Token).GetAsyncEnumerator(_ended.Token);
            _next = _events.MoveNextAsync().AsTask();
        }

        public async Task<ClusterEvent> NextAsync()
        {
            Assert.True(await _next.WaitAsync(TimeSpan.FromSeconds(30)));
            var e = _events.Current;
            _next = _events.MoveNextAsync().AsTask();
            return e;
        }

        public async ValueTask DisposeAsync()
        {
            await _ended.CancelAsync();
            // Events that the test has not read come first.
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                while (await _next) _next = _events.MoveNextAsync().AsTask();
            });
            await _events.DisposeAsync();
            _ended.Dispose();
        }
    }
}
