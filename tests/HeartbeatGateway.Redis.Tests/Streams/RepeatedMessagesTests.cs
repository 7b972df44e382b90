using System.Net;
using HeartbeatGateway.Redis.Streams;
using HeartbeatGateway.Redis.Tests.Channel;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Redis.Tests.Streams;

/// <summary>Messages that the sink adds again, with a real redis-server.</summary>
public sealed class RepeatedMessagesTests
{
    private const string Marked = " redelivered";

    [Fact]
    public async Task A_message_whose_answer_was_lost_is_added_again_with_a_mark_and_before_later_ones()
    {
        await using var redis = await RedisServer.StartAsync();
        // Long enough for two tries before the library takes the connection for dead, after four times as long.
        await using var node = new ChannelNode(redis.Configuration, options: o => o with { CallTimeout = TimeSpan.FromSeconds(2) });
        await using var sink = new RedisMessageSink(node.Connection, node.Keys, node.Metrics, node.Log);
        await node.Connection.CallAsync(db => db.PingAsync(), TimeSpan.FromSeconds(10));
        redis.Stop();
        await sink.AcceptAsync(Make("m0"), CancellationToken.None);
        await Waiting.UntilAsync(() => FailedBy(node) == 1, "the first try has ended without an answer");
        await sink.AcceptAsync(Make("m1"), CancellationToken.None);
        await Waiting.UntilAsync(() => FailedBy(node) >= 3, "a try with both messages has ended");
        redis.Continue();
        await Waiting.UntilAsync(() => sink.Books.Read().Delivered == 2, "both are in the stream");
        Assert.Equal(["m0", "m0" + Marked, "m1"], await StoredAsync(redis, node));
    }

    [Fact]
    public async Task A_message_that_was_lost_with_its_connection_is_marked()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var node = new ChannelNode(redis.Configuration);
        await using var sink = new RedisMessageSink(node.Connection, node.Keys, node.Metrics, node.Log);
        await node.Connection.CallAsync(db => db.PingAsync(), TimeSpan.FromSeconds(10));
        redis.Stop();
        await sink.AcceptAsync(Make("sent"), CancellationToken.None);
        var counters = (await node.Connection.Multiplexer).GetCounters;
        await Waiting.UntilAsync(() => sink.Books.Read().InFlight == 1 && counters().Interactive.SentItemsAwaitingResponse > 0, "it is sent");
        await redis.KillAsync();
        await Waiting.UntilAsync(() => FailedBy(node) >= 1 && !node.Connection.IsConnected, "the connection is lost");
        await sink.AcceptAsync(Make("waits"), CancellationToken.None);
        await redis.StartAgainAsync();
        await Waiting.UntilAsync(() => sink.Books.Read().Delivered == 2, "both are in the stream");
        Assert.Equal(["sent" + Marked, "waits"], await StoredAsync(redis, node));
    }

    private static double FailedBy(ChannelNode node) => node.Series.Read("heartbeatgateway.cluster.stream_messages", ("result", "failed"));

    private static async Task<IEnumerable<string>> StoredAsync(RedisServer redis, ChannelNode node)
    {
        var stored = await redis.CallAsync("xrange", node.Keys.Messages(RedisKeys.PartitionOf("pump-1")), "-", "+");
        return stored.Split("\ncontent\n").Skip(1).Select(e => e.Split('\n')[0] + (e.Contains("\nredelivered\n1\n", StringComparison.Ordinal) ? Marked : ""));
    }

    private static GatewayMessage Make(string content) => new()
    {
        ClientId = "pump-1",
        ConnectionId = new ConnectionId(0, 42),
        RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1),
        Type = "reading",
        Content = System.Text.Encoding.UTF8.GetBytes(content),
        ReceivedAt = DateTimeOffset.UnixEpoch,
    };
}
