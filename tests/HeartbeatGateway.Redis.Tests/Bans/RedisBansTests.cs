using HeartbeatGateway.Redis.Bans;
using HeartbeatGateway.Redis.Tests.Channel;
using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Redis.Tests.Bans;

/// <summary>The key of the bans, with a real redis-server.</summary>
public sealed class RedisBansTests
{
    [Fact]
    public async Task Bans_are_replaced_only_by_one_who_has_read_them()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var node = new ChannelNode(redis.Configuration);
        await using var bans = new RedisBans(node.Connection, node.Keys, node.Log);
        Assert.Null(await bans.ReadAsync(CancellationToken.None));
        await bans.WriteAsync([1], null, CancellationToken.None);
        await Assert.ThrowsAsync<ClusterConflictException>(() => bans.WriteAsync([2], null, CancellationToken.None));
        await Assert.ThrowsAsync<ClusterConflictException>(() => bans.WriteAsync([2], [9], CancellationToken.None));
        await bans.WriteAsync([2], [1], CancellationToken.None);
        Assert.Equal([2], await bans.ReadAsync(CancellationToken.None));
        Assert.Equal("-1", (await redis.CallAsync("ttl", node.Keys.Bans)).Trim());
    }

    [Fact]
    public async Task A_change_is_told_to_the_other_node()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var node = new ChannelNode(redis.Configuration);
        await using var other = new ChannelNode(redis.Configuration);
        await using var bans = new RedisBans(node.Connection, node.Keys, node.Log);
        await using var watched = new RedisBans(other.Connection, other.Keys, other.Log);
        var told = 0;
        watched.Changed += (_, _) => Interlocked.Increment(ref told);
        watched.Start();
        await Waiting.UntilAsync(async () => (await redis.CallAsync("pubsub", "channels")).Contains(node.Keys.BansChanged, StringComparison.Ordinal), "it is subscribed");
        await Waiting.UntilAsync(() => Volatile.Read(ref told) == 1, "the first look is asked for");
        await bans.WriteAsync([1], null, CancellationToken.None);
        await Waiting.UntilAsync(() => Volatile.Read(ref told) == 2, "the change is told");
    }

    [Fact]
    public async Task While_Redis_is_away_it_says_so()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var node = new ChannelNode(redis.Configuration);
        await using var bans = new RedisBans(node.Connection, node.Keys, node.Log);
        await node.Connection.Multiplexer;
        await redis.KillAsync();
        Assert.Contains("Redis", (await Assert.ThrowsAsync<ClusterUnavailableException>(() => bans.ReadAsync(CancellationToken.None))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ClusterUnavailableException>(() => bans.WriteAsync([1], null, CancellationToken.None));
    }

    [Fact]
    public async Task After_a_read_that_failed_readers_are_asked_to_read_each_second()
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.KillAsync();
        var clock = new CountedTime(RedisBans.RetryAfter);
        await using var node = new ChannelNode(redis.Configuration, clock);
        await using var bans = new RedisBans(node.Connection, node.Keys, node.Log);
        var told = 0;
        bans.Changed += (_, _) => Interlocked.Increment(ref told);
        bans.Start();
        await Waiting.UntilAsync(() => Volatile.Read(ref told) == 1 && clock.Timers == 1, "the first look is asked for");
        await Assert.ThrowsAsync<ClusterUnavailableException>(() => bans.ReadAsync(CancellationToken.None));
        await redis.StartAgainAsync();
        await Waiting.UntilAsync(() => node.Connection.IsConnected, "Redis is back");
        clock.Advance(RedisBans.RetryAfter);
        await Waiting.UntilAsync(() => Volatile.Read(ref told) == 2 && clock.Timers == 2, "another look is asked for");
        Assert.Null(await bans.ReadAsync(CancellationToken.None));
        for (var i = 3; i <= 11; i++)
        {
            clock.Advance(RedisBans.RetryAfter);
            await Waiting.UntilAsync(() => clock.Timers == i, "the loop waits again");
        }

        Assert.Equal(2, Volatile.Read(ref told));
        clock.Advance(RedisBans.RetryAfter);
        await Waiting.UntilAsync(() => Volatile.Read(ref told) == 3, "the look after ten seconds is asked for");
    }

    [Fact]
    public async Task A_fault_that_is_not_one_of_Redis_does_not_end_the_loop()
    {
        await using var redis = await RedisServer.StartAsync();
        var clock = new CountedTime(RedisBans.RetryAfter);
        await using var node = new ChannelNode(redis.Configuration, clock);
        await node.Connection.Multiplexer;
        var tries = 0;
        Action? tell = null;
        await using var bans = new RedisBans(node.Connection, node.Keys, node.Log, (_, _, told) =>
        {
            if (Interlocked.Increment(ref tries) == 1) throw new InvalidOperationException("broken");
            tell = told;
            return Task.CompletedTask;
        });
        var told = 0;
        bans.Changed += (_, _) => Interlocked.Increment(ref told);
        bans.Start();
        await Waiting.UntilAsync(() => Volatile.Read(ref told) == 1, "the first look is asked for");
        Assert.Contains("broken", Assert.Single(node.Log.Collector.GetSnapshot(), l => l.Id.Name == "ChannelStepFailed").Exception!.Message, StringComparison.Ordinal);
        for (var i = 1; i <= 10; i++)
        {
            await Waiting.UntilAsync(() => clock.Timers == i, "the loop waits");
            clock.Advance(RedisBans.RetryAfter);
        }

        await Waiting.UntilAsync(() => Volatile.Read(ref told) == 2, "the next look is asked for");
        Assert.Equal(2, Volatile.Read(ref tries));
        tell!();
        Assert.Equal(3, Volatile.Read(ref told));
    }
}
