using HeartbeatGateway.Redis.Channel;
using HeartbeatGateway.Redis.Tests.Channel;
using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Tests;

/// <summary>How long a call may take.</summary>
public sealed class RedisConnectionTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(750);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task A_call_has_one_bound_which_begins_before_the_first_connect()
    {
        await using var redis = await RedisServer.StartAsync();
        var clock = new CountedTime();
        await using var connection = new RedisConnection(new RedisOptions { Configuration = redis.Configuration, NodeName = "node-1" }, clock);
        var call = connection.CallAsync(_ => new TaskCompletionSource<int>().Task);
        clock.Advance(Bound - Tick);
        connection.Start();
        // One timer for the wait for the first connect, and one for the answer.
        await Waiting.UntilAsync(() => clock.Timers == 2, "the call was made");
        Assert.False(call.IsCompleted);
        clock.Advance(Tick);
        Assert.Equal("it did not answer within 750 ms", (await Assert.ThrowsAsync<TimeoutException>(() => call)).Message);
    }

    [Fact]
    public async Task A_call_before_the_first_connect_was_not_sent()
    {
        var clock = new TestClock();
        await using var connection = new RedisConnection(new RedisOptions { Configuration = "127.0.0.1:1", NodeName = "node-1" }, clock);
        var call = connection.CallAsync(db => db.PingAsync());
        clock.Advance(Bound - Tick);
        Assert.False(call.IsCompleted);
        clock.Advance(Tick);
        var failure = await Assert.ThrowsAsync<RedisConnectionException>(() => call);
        Assert.Equal((CommandStatus.WaitingToBeSent, false), (failure.CommandStatus, RedisConnection.MayBeDone(failure)));
    }

    [Fact]
    public async Task A_subscription_that_cannot_be_ended_is_left_after_the_bound_and_receives_nothing_more()
    {
        await using var redis = await RedisServer.StartAsync();
        var clock = new TestClock();
        await using var connection = new RedisConnection(new RedisOptions { Configuration = redis.Configuration, NodeName = "node-1" }, clock);
        var received = 0;
        ConnectionMultiplexer? left = null;
        var subscription = new InboxSubscription(connection, _ => Interlocked.Increment(ref received), multiplexer =>
        {
            left = multiplexer;
            return new TaskCompletionSource().Task;
        });
        await Waiting.UntilAsync(() => TrySubscribeAsync(subscription, "t:inbox:a"), "it is subscribed");
        await redis.CallAsync("publish", "t:inbox:a", "x");
        await Waiting.UntilAsync(() => Volatile.Read(ref received) == 1, "the message was received");

        var ended = subscription.DisposeAsync().AsTask();
        // The next one on the same connection shows that the one for the inbox was there before it.
        var after = new TaskCompletionSource();
        await left!.GetSubscriber().SubscribeAsync(RedisChannel.Literal("t:after"), (_, _) => after.TrySetResult());
        await redis.CallAsync("publish", "t:inbox:a", "x");
        await redis.CallAsync("publish", "t:after", "x");
        await after.Task;
        Assert.Equal(1, Volatile.Read(ref received));
        clock.Advance(Bound - Tick);
        Assert.False(ended.IsCompleted);
        clock.Advance(Tick);
        await ended;
        await left.DisposeAsync();
    }

    [Fact]
    public void A_call_leaves_a_quarter_of_a_second_to_a_request_that_must_end_within_a_second() =>
        Assert.Equal(Bound, new RedisOptions { Configuration = "redis-1", NodeName = "node-1" }.CallTimeout);

    [Fact]
    public async Task A_wrong_password_is_said_and_what_to_do()
    {
        await using var redis = await RedisServer.StartAsync("--requirepass", "right");
        await using var node = new ChannelNode($"{redis.Configuration},password=wrong-one");
        var line = "";
        // A call that comes between two logins is told only that there is no connection.
        await Waiting.UntilAsync(
            async () =>
            {
                await Assert.ThrowsAsync<RedisConnectionException>(() => node.Connection.CallAsync(db => db.PingAsync(), TimeSpan.FromSeconds(10)));
                return (line = node.Log.Collector.GetSnapshot().FirstOrDefault(l => l.Id.Name == "RedisLoginRefused")?.Message ?? "").Length > 0;
            },
            "the refused login is logged");
        Waiting.Write(line);
        Assert.Contains("NOAUTH", line);
        Assert.Contains("Check user, password", line);
        Assert.DoesNotContain("wrong-one", line);
        Assert.False(node.Connection.IsConnected);
    }

    /// <summary>The connection for pub/sub may stand a moment later.</summary>
    private static async Task<bool> TrySubscribeAsync(InboxSubscription subscription, string name)
    {
        try
        {
            await subscription.SubscribeAsync(name);
            return true;
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            return false;
        }
    }
}
