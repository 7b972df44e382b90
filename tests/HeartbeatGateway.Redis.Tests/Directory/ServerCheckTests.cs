using HeartbeatGateway.Redis.Directory;
using HeartbeatGateway.Redis.Tests.Support;
using Microsoft.Extensions.Logging.Testing;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Tests.Directory;

public sealed class ServerCheckTests : RedisTest
{
    private const int TooOld = 308;
    private const int Evicts = 309;
    private const int Failed = 312;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly FakeLogCollector _logs = new();

    [Theory]
    [InlineData("6.0.16", "noeviction", TooOld)]
    [InlineData("7.2.4", "allkeys-lru", Evicts)]
    [InlineData("6.2.0", "noeviction", 0)]
    [InlineData("unreadable", "noeviction", Failed)]
    public async Task A_server_that_is_too_old_or_drops_entries_is_named(string version, string policy, int line)
    {
        await using var connection = Connect(TimeProvider.System);
        Check(new ServerCheck(connection, new FakeLogger(_logs)), "redis:6379", version, policy);
        Assert.Equal(line == 0 ? [] : [line], _logs.GetSnapshot().Select(l => l.Id.Id));
        Assert.All(_logs.GetSnapshot(), l => Assert.Contains("redis:6379", l.Message));
    }

    [Fact]
    public async Task A_finding_is_logged_once_for_each_server_until_it_changes()
    {
        await using var connection = Connect(TimeProvider.System);
        var check = new ServerCheck(connection, new FakeLogger(_logs));
        for (var i = 0; i < 3; i++) Check(check, "redis-1:6379", "6.0.16", "allkeys-lru");
        Assert.Equal([TooOld, Evicts], Take());
        // Another server.
        for (var i = 0; i < 3; i++) Check(check, "redis-2:6379", "7.2.4", "allkeys-lru");
        Assert.Equal([Evicts], Take());
        // Another version, another policy.
        for (var i = 0; i < 3; i++) Check(check, "redis-1:6379", "5.0.1", "volatile-lru");
        Assert.Equal([TooOld, Evicts], Take());
        // Mended, and wrong again.
        Check(check, "redis-1:6379", "7.2.4", "noeviction");
        Assert.Empty(Take());
        Check(check, "redis-1:6379", "5.0.1", "volatile-lru");
        Assert.Equal([TooOld, Evicts], Take());
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_told_once_until_it_does()
    {
        await using var connection = Connect(TimeProvider.System, TimeSpan.FromMilliseconds(100));
        connection.Start();
        var check = new ServerCheck(connection, new FakeLogger(_logs));
        await check.CheckAsync();
        for (var i = 0; i < 2; i++)
        {
            Redis.Stop();
            await check.CheckAsync();
            await check.CheckAsync();
            Assert.Equal([Failed], Take());
            Redis.Continue();
            await UntilAsync(async () =>
            {
                await check.CheckAsync();
                return await AnswersAsync(connection) && Take().Length == 0;
            });
            await check.CheckAsync();
            Assert.Empty(Take());
        }
    }

    [Fact]
    public async Task A_policy_that_is_set_later_is_found_after_ten_minutes()
    {
        var clock = new CountedTime(ServerCheck.Interval);
        await using var connection = Connect(clock);
        connection.Start();
        using var stop = new CancellationTokenSource();
        var running = new ServerCheck(connection, new FakeLogger(_logs)).RunAsync(stop.Token);
        // Connections that come just after the first check are checked too; the last wait is what counts.
        await UntilAsync(() => clock.Timers > 0);
        await Database.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        var waits = clock.Timers;
        clock.Advance(ServerCheck.Interval - Tick);
        Assert.Equal((waits, 0), (clock.Timers, _logs.GetSnapshot().Count));
        clock.Advance(Tick);
        await UntilAsync(() => clock.Timers > waits);
        Assert.Equal([Evicts], Take());
        // It is not said again.
        waits = clock.Timers;
        clock.Advance(ServerCheck.Interval);
        await UntilAsync(() => clock.Timers > waits);
        Assert.Empty(Take());
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_server_that_replaces_another_is_checked_when_it_is_connected_to()
    {
        var a = await StartNodeAsync("a");
        Assert.DoesNotContain(a.Logs.GetSnapshot(), l => l.Id.Id == Evicts);
        await Redis.StartAgainAsync("--maxmemory-policy", "allkeys-lru");
        await UntilAsync(() => a.Logs.GetSnapshot().Any(l => l.Id.Id == Evicts));
    }

    private static void Check(ServerCheck check, string name, string version, string policy) =>
        check.Check(name, new Dictionary<string, string> { ["redis_version"] = version }, new Dictionary<string, string> { ["maxmemory_policy"] = policy });

    private static async Task<bool> AnswersAsync(RedisConnection connection)
    {
        try
        {
            await connection.CallAsync(db => db.PingAsync());
            return true;
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            return false;
        }
    }

    private RedisConnection Connect(TimeProvider clock, TimeSpan? callTimeout = null) =>
        new(new RedisOptions { Configuration = Redis.Configuration, NodeName = "a", CallTimeout = callTimeout ?? TimeSpan.FromSeconds(10) }, clock);

    private int[] Take()
    {
        int[] ids = [.. _logs.GetSnapshot().Select(l => l.Id.Id)];
        _logs.Clear();
        return ids;
    }
}
