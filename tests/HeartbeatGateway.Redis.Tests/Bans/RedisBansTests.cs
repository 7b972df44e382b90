using HeartbeatGateway.Redis.Bans;
using HeartbeatGateway.Redis.Tests.Channel;
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
}
