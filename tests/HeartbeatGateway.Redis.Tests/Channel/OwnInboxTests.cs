using System.Globalization;
using HeartbeatGateway.Redis.Channel;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Redis.Tests.Channel;

/// <summary>Inboxes that lose their messages, with real redis-servers.</summary>
public sealed class OwnInboxTests
{
    [Fact]
    public async Task A_subscription_that_is_connected_and_deaf_is_replaced_and_counted()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var proxy = new DeafProxy(redis.Port);
        await using var asking = new ChannelNode(redis.Configuration);
        await using var asked = new ChannelNode(proxy.EndPoint);
        asked.Inbox.Answer("echo", (body, _) => ValueTask.FromResult(body));
        await asking.ListenAsync("a");
        await asked.ListenAsync("former");
        await asked.ListenAsync("b");
        Assert.Equal(NodeAnswerKind.Answered, await AskAsync(asking, "b"));

        proxy.DeafenThoseThatStand();
        Assert.Equal(NodeAnswerKind.Unknown, await AskAsync(asking, "b"));
        Assert.True(asked.Connection.IsConnected);
        await Waiting.UntilAsync(async () => await AskAsync(asking, "b") == NodeAnswerKind.Answered, "the node answers again");
        await Waiting.UntilAsync(async () => await AskAsync(asking, "former") == NodeAnswerKind.Answered, "also under its former epoch");
        Assert.Equal(1, asked.Series.Read("heartbeatgateway.cluster.inbox_replaced"));
        Assert.Contains("InboxReplaced", asked.Lines);
        Assert.True(proxy.Dropped > 0);
        Assert.InRange(asked.Series.Read("heartbeatgateway.cluster.inbox_age"), 0, OwnInbox.ProbeInterval.TotalSeconds * 2);
        Assert.Equal(0, asking.Series.Read("heartbeatgateway.cluster.inbox_replaced"));
    }

    [Fact]
    public async Task A_question_comes_once_also_when_the_inbox_was_subscribed_in_several_tries()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var asking = new ChannelNode(redis.Configuration);
        await using var asked = new ChannelNode(redis.Configuration, options: ChannelNode.Quick);
        var done = 0;
        asked.Inbox.Answer("echo", (body, _) =>
        {
            Interlocked.Increment(ref done);
            return ValueTask.FromResult(body);
        });
        await asking.ListenAsync("a");
        redis.Stop();
        asked.Inbox.Listen("b");
        await Waiting.UntilAsync(() => asked.Lines.Contains("InboxNotSubscribed"), "a try has failed");
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        redis.Continue();
        await asked.ListenAsync("b");
        await Waiting.UntilAsync(async () => await AskAsync(asking, "b") == NodeAnswerKind.Answered, "it answers");
        var before = Volatile.Read(ref done);
        Assert.Equal(NodeAnswerKind.Answered, await AskAsync(asking, "b"));
        Assert.Equal(1, Volatile.Read(ref done) - before);
    }

    [Fact]
    public async Task A_full_buffer_of_pub_sub_disconnects_the_inbox_alone_and_it_comes_back()
    {
        await using var redis = await RedisServer.StartAsync("--client-output-buffer-limit", "pubsub", "1mb", "0", "0");
        await using var asking = new ChannelNode(redis.Configuration);
        await using var asked = new ChannelNode(redis.Configuration);
        asked.Inbox.Answer("echo", (_, _) => ValueTask.FromResult(ReadOnlyMemory<byte>.Empty));
        await asking.ListenAsync("a");
        await asked.ListenAsync("b");
        var before = await redis.CallAsync("client", "list");
        Assert.NotEqual(NodeAnswerKind.Answered, (await asking.Inbox.AskAsync("b", "echo", new byte[NodeAnswers.MaxBodyBytes], CancellationToken.None)).Kind);
        await Waiting.UntilAsync(async () => await AskAsync(asking, "b") == NodeAnswerKind.Answered, "the node answers again");
        var after = await redis.CallAsync("client", "list");
        // StackExchange.Redis has a connection for commands and one for pub/sub (P); of the two inboxes' four, one is another.
        Assert.Equal(2, IdsOf(before, "-inbox", " flags=P ").Length);
        Assert.Single(IdsOf(before, "-inbox").Except(IdsOf(after, "-inbox")));
        Assert.Single(IdsOf(before, "-inbox", " flags=P ").Except(IdsOf(after, "-inbox")));
        Assert.Empty(IdsOf(before, "node-1 ").Except(IdsOf(after, "node-1 ")));
    }

    [Fact]
    public async Task In_a_Redis_Cluster_of_three_masters_each_inbox_is_reached_through_its_own()
    {
        await using var masters = await RedisMasters.StartAsync();
        var configuration = masters.Configuration;
        await using var asking = new ChannelNode(configuration);
        await using var asked = new ChannelNode(configuration);
        asked.Inbox.Answer("echo", (body, _) => ValueTask.FromResult(body));
        await asking.ListenAsync("a");
        var owners = new HashSet<int>();
        for (var i = 0; i < 12; i++)
        {
            var epoch = $"b{i.ToString(CultureInfo.InvariantCulture)}";
            await asked.ListenAsync(epoch);
            Assert.Equal(NodeAnswerKind.Answered, await AskAsync(asking, epoch));
            asked.Inbox.LeaveFormer();
            var former = $"b{(i - 1).ToString(CultureInfo.InvariantCulture)}";
            await Waiting.UntilAsync(async () => await AskAsync(asking, former) == NodeAnswerKind.Unreachable, "the former inbox is left");
            for (var m = 0; m < masters.Servers.Count; m++)
            {
                if ((await masters.Servers[m].CallAsync("pubsub", "channels")).Contains($"inbox:{epoch}", StringComparison.Ordinal)) owners.Add(m);
            }
        }

        Assert.Equal(3, owners.Count);
        Assert.Equal(0, asked.Series.Read("heartbeatgateway.cluster.inbox_replaced"));
    }

    private static async Task<NodeAnswerKind> AskAsync(ChannelNode node, string epoch) => (await node.Inbox.AskAsync(epoch, "echo", default, CancellationToken.None)).Kind;

    private static string[] IdsOf(string clients, params string[] parts) =>
        [.. clients.Split('\n').Where(l => parts.All(p => l.Contains(p, StringComparison.Ordinal))).Select(l => l.Split(' ')[0])];
}
