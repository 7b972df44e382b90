using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using HeartbeatGateway.Redis.Streams;
using HeartbeatGateway.Redis.Tests.Channel;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Redis.Tests.Streams;

/// <summary>Messages of clients in streams, with real redis-servers.</summary>
public sealed class RedisMessageSinkTests
{
    [Fact]
    public async Task A_message_is_in_the_stream_of_its_client_when_it_is_acknowledged()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var node = new ChannelNode(redis.Configuration);
        await using var sink = new RedisMessageSink(node.Connection, node.Keys, node.Metrics, node.Log);
        var verdict = new TaskCompletionSource<MessageVerdict>();
        await sink.AcceptAsync(
            Make("pump-1", "x=1", verdict.SetResult, number: 7, instance: "i-1", isRedelivered: true), CancellationToken.None);
        Assert.Equal(MessageVerdict.Accepted, await verdict.Task);
        var entry = (await redis.CallAsync("xrange", node.Keys.Messages(RedisKeys.PartitionOf("pump-1")), "-", "+")).Split('\n');
        Assert.Equal(
            ["client", "pump-1", "connection", Id.ToString(), "instance", "i-1", "number", "7", "type", "reading", "content", "x=1", "received", "1700000000000", "redelivered", "1", "node", "node-1"],
            entry[1..]);
        Assert.Equal(1, sink.Books.Read().Delivered);
        Assert.Equal(1, node.Series.Read("heartbeatgateway.cluster.stream_messages", ("result", "ok")));
    }

    [Fact]
    public async Task Messages_of_a_client_keep_their_order_and_the_stream_its_length()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var node = new ChannelNode(redis.Configuration);
        await using var sink = new RedisMessageSink(node.Connection, node.Keys, node.Metrics, node.Log);
        for (var i = 0; i < 2_000; i++) await sink.AcceptAsync(Make("pump-1", i.ToString(CultureInfo.InvariantCulture)), CancellationToken.None);
        await Waiting.UntilAsync(() => sink.Books.Read().Delivered == 2_000, "all are in the stream");
        var contents = (await redis.CallAsync("xrange", node.Keys.Messages(RedisKeys.PartitionOf("pump-1")), "-", "+")).Split("\ncontent\n").Skip(1).Select(e => e.Split('\n')[0]);
        Assert.Equal(Enumerable.Range(0, 2_000).Select(i => i.ToString(CultureInfo.InvariantCulture)), contents);
        Assert.True(sink.Books.Read().IsBalanced);
    }

    [Fact]
    public async Task While_Redis_is_away_messages_wait_up_to_a_bound_and_then_their_senders()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var node = new ChannelNode(redis.Configuration);
        await using var sink = new RedisMessageSink(node.Connection, node.Keys, node.Metrics, node.Log);
        await node.Connection.Multiplexer;
        await redis.KillAsync();
        var verdicts = 0;
        for (var i = 0; i < RedisMessageSink.MaxWaitingMessages; i++)
        {
            var taken = sink.AcceptAsync(Make($"pump-{(i % 100).ToString(CultureInfo.InvariantCulture)}", "x", _ => Interlocked.Increment(ref verdicts)), CancellationToken.None);
            Assert.True(taken.IsCompletedSuccessfully);
            await taken;
        }

        using var leaving = new CancellationTokenSource();
        var left = sink.AcceptAsync(Make("pump-1", "x"), leaving.Token).AsTask();
        var waiting = sink.AcceptAsync(Make("pump-2", "x"), CancellationToken.None).AsTask();
        Assert.False(left.IsCompleted || waiting.IsCompleted);
        Assert.NotNull(sink.OldestWaiting);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.Equal(0, verdicts);
        await redis.StartAgainAsync();
        await waiting;
        await Waiting.UntilAsync(() => sink.Books.Read().Delivered == RedisMessageSink.MaxWaitingMessages + 1, "all are in the stream");
        Assert.Equal(RedisMessageSink.MaxWaitingMessages, verdicts);
        Assert.Equal(["StreamSinkFailing", "StreamSinkRecovered"], node.Lines.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Null(sink.OldestWaiting);
    }

    [Fact]
    public async Task What_is_not_in_a_stream_when_the_process_ends_is_given_up()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var node = new ChannelNode(redis.Configuration);
        var sink = new RedisMessageSink(node.Connection, node.Keys, node.Metrics, node.Log);
        await node.Connection.Multiplexer;
        await redis.KillAsync();
        var verdict = new TaskCompletionSource<MessageVerdict>();
        await sink.AcceptAsync(Make("pump-1", "x", verdict.SetResult), CancellationToken.None);
        await sink.DisposeAsync();
        Assert.Equal(MessageVerdict.Dropped, await verdict.Task);
        Assert.Equal(1, sink.Books.Read().DroppedByCause[(int)SinkDropCause.Stopped]);
        Assert.Contains("StreamSinkGaveUp", node.Lines);
    }

    [Fact]
    public async Task The_documented_consumer_processes_each_message_at_least_once_also_those_that_a_crashed_one_had_taken()
    {
        var script = Between(await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../docs/cluster.md")), "```python\n", "```");
        Assert.Equal(RedisKeys.Tags, Between(script, "TAGS = \"", "\"").Split(' '));
        await using var redis = await RedisServer.StartAsync();
        await using var node = new ChannelNode(redis.Configuration);
        await using var sink = new RedisMessageSink(node.Connection, node.Keys, node.Metrics, node.Log);
        for (var i = 0; i < 50; i++) await sink.AcceptAsync(Make($"pump-{(i % 20).ToString(CultureInfo.InvariantCulture)}", $"m{i.ToString(CultureInfo.InvariantCulture)}"), CancellationToken.None);
        await Waiting.UntilAsync(() => sink.Books.Read().Delivered == 50, "all are in the streams");

        // Two consumers took messages and crashed: one that comes back under its name, and one that does not.
        for (var p = 0; p < RedisKeys.Partitions; p++)
        {
            await redis.CallAsync("xgroup", "create", node.Keys.Messages(p), "billing", "0", "mkstream");
            foreach (var crashed in new[] { "one", "gone" }) await redis.CallAsync("xreadgroup", "group", "billing", crashed, "count", "1", "streams", node.Keys.Messages(p), ">");
        }

        script = script.Replace("CLAIM_AFTER_MS = 60_000", "CLAIM_AFTER_MS = 0", StringComparison.Ordinal);
        var start = new ProcessStartInfo("python3", ["-u", "-c", script, "127.0.0.1", redis.Port.ToString(CultureInfo.InvariantCulture), "t", "one"]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var consumer = Process.Start(start)!;
        try
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            while (seen.Count < 50) seen.Add((await consumer.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)))!.Split(' ')[^1]);
            Assert.Equal(Enumerable.Range(0, 50).Select(i => $"m{i.ToString(CultureInfo.InvariantCulture)}").Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
            await Waiting.UntilAsync(
                async () =>
                {
                    var pending = await Task.WhenAll(Enumerable.Range(0, RedisKeys.Partitions).Select(p => redis.CallAsync("xpending", node.Keys.Messages(p), "billing")));
                    return pending.All(p => p.StartsWith('0'));
                },
                "all are acknowledged");
        }
        finally
        {
            consumer.Kill();
        }
    }

    private static readonly ConnectionId Id = new(0, 42);

    private static GatewayMessage Make(
        string client, string content, Action<MessageVerdict>? settled = null, long? number = null, string? instance = null, bool isRedelivered = false) => new()
        {
            ClientId = client,
            ConnectionId = Id,
            RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1),
            Type = "reading",
            Content = Encoding.UTF8.GetBytes(content),
            ReceivedAt = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000),
            Number = number,
            Instance = instance,
            IsRedelivered = isRedelivered,
            Settled = settled,
        };

    private static string ThisFile([CallerFilePath] string path = "") => path;

    private static string Between(string text, string before, string after)
    {
        var start = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return text[start..text.IndexOf(after, start, StringComparison.Ordinal)];
    }
}
