using HeartbeatGateway.Redis.Bans;
using HeartbeatGateway.Redis.Streams;
using HeartbeatGateway.Redis.Tests.Channel;
using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server.Clusters;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Tests.Directory;

/// <summary>The user of docs/cluster.md.</summary>
public sealed class AclTests : RedisTest
{
    [Fact]
    public async Task The_documented_user_can_do_all_that_a_node_does_and_nothing_else()
    {
        await Database.ExecuteAsync("ACL", [.. RedisCommands.AclOf("gateway", "secret", "heartbeatgateway").Split(' ').Skip(1)]);
        await Database.ExecuteAsync("ACL", "SETUSER", "default", "off");
        await Database.ExecuteAsync("ACL", "LOG", "RESET");
        var configuration = $"{Redis.Configuration},user=gateway,password=secret";
        var (a, b) = (await Make("a", configuration: configuration).StartAsync(), await Make("b", configuration: configuration).StartAsync());
        Assert.Equal(ClusterEntryKind.Entered, (await a.ConnectAsync("device-1", "i", 1, "f")).Kind);
        Assert.Equal(ClusterEntryKind.Entered, (await b.ConnectAsync("device-1", "i", 2)).Kind);
        Assert.True(await a.Cluster.HoldAsync("device-2", new byte[1], TimeSpan.FromMinutes(1), default));
        Assert.NotNull(await a.FindAsync("device-1"));
        Assert.Equal(2, (await a.Cluster.ListNodesAsync(default)).Count);
        b.Table.Unacknowledged["device-1"] = "state";
        b.Table.Remove("device-1");
        await a.Directory.Reconciler.RunAsync(TimeSpan.Zero);
        await b.RenewAsync(mayReap: true);
        await b.Directory.Reaper.SweepAsync();
        await UntilAsync(() => b.Directory.Leaver.IsIdle);
        await a.Cluster.DisposeAsync();
        foreach (var node in (TestNode[])[a, b]) Assert.DoesNotContain(node.Logs.GetSnapshot(), l => l.Id.Id is 300 or 310 or 312);

        await using var user = await ConnectionMultiplexer.ConnectAsync(configuration + ",allowAdmin=true");
        var database = user.GetDatabase();
        string[][] allRefused =
        [
            ["SET", "other:key", "1"], ["FLUSHALL"], ["KEYS", "*"], ["CONFIG", "SET", "maxmemory", "1"], ["PUBLISH", "other", "x"], ["ACL", "LIST"], ["SHUTDOWN"],
        ];
        foreach (var refused in allRefused)
        {
            var error = await Assert.ThrowsAnyAsync<RedisException>(() => database.ExecuteAsync(refused[0], [.. refused.Skip(1)]));
            Assert.Contains("NOPERM", error.Message);
        }
    }

    [Fact]
    public async Task The_documented_user_can_do_what_the_inbox_the_streams_and_the_bans_do()
    {
        await Database.ExecuteAsync("ACL", [.. RedisCommands.AclOf("gateway", "secret", "t").Split(' ').Skip(1)]);
        await using var node = new ChannelNode($"{Redis.Configuration},user=gateway,password=secret");
        await using var other = new ChannelNode($"{Redis.Configuration},user=gateway,password=secret");
        other.Inbox.Answer("echo", (body, _) => ValueTask.FromResult(body));
        await node.ListenAsync("a");
        await node.ListenAsync("b");
        await other.ListenAsync("c");
        await UntilAsync(async () => (await node.Inbox.AskAsync("c", "echo", default, default)).Kind == NodeAnswerKind.Answered);

        await using var bans = new RedisBans(node.Connection, node.Keys, node.Log);
        var told = 0;
        bans.Changed += (_, _) => Interlocked.Increment(ref told);
        bans.Start();
        await bans.WriteAsync([1], null, default);
        Assert.Equal([1], await bans.ReadAsync(default));
        await UntilAsync(() => Volatile.Read(ref told) >= 1);

        using var ended = new CancellationTokenSource();
        var tail = new EventTail(node.Connection, node.Keys, node.Metrics, node.Log);
        await using var events = tail.FollowAsync(ended.Token).GetAsyncEnumerator();
        var next = events.MoveNextAsync().AsTask();
        await tail.Begun;
        await Database.StreamAddAsync(node.Keys.Events(0), [new("change", "connected"), new("id", "x"), new("g", "1"), new("at", "1")]);
        Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(30)));
        await ended.CancelAsync();
        Assert.DoesNotContain(node.Log.Collector.GetSnapshot(), l => l.Message.Contains("NOPERM", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_documentation_has_the_user()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "HeartbeatGateway.sln"))) folder = folder.Parent;
        var text = await File.ReadAllTextAsync(Path.Combine(folder.FullName, "docs", "cluster.md"));
        var start = text.IndexOf("ACL SETUSER gateway", StringComparison.Ordinal);
        var shown = text[start..text.IndexOf("```", start, StringComparison.Ordinal)].Split((char[])[' ', '\n', '\\'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(RedisCommands.All.Order(StringComparer.Ordinal), shown.Where(w => w[0] == '+').Select(w => w[1..]).Order(StringComparer.Ordinal));
        foreach (var rule in (string[])["resetkeys", "~heartbeatgateway:*", "resetchannels", "&heartbeatgateway:*", "-@all"]) Assert.Contains(rule, shown);
    }
}
