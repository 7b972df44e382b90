using System.Net;
using System.Text;
using HeartbeatGateway.Redis.Tests.Support;
using HeartbeatGateway.Server;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Messages;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Redis.Tests;

/// <summary>The user of docs/cluster.md with whole nodes: directory, inbox, events, bans and the sink <c>redis</c>, on one server and on a Redis Cluster.</summary>
public sealed class AclClusterTests
{
    private const string User = "gateway";
    private const string Password = "secret";
    private const int Clients = 64;

    [Fact]
    public async Task On_one_server_the_user_can_do_all_that_nodes_do_and_nothing_else()
    {
        await using var redis = await RedisServer.StartAsync();
        await AssertAsync([redis]);
    }

    [Fact]
    public async Task On_Valkey_the_user_can_do_all_that_nodes_do_and_nothing_else()
    {
        await using var valkey = await RedisServer.StartValkeyAsync();
        Assert.Contains("server_name:valkey", await valkey.CallAsync("info", "server"));
        await AssertAsync([valkey]);
    }

    [Fact]
    public async Task On_three_masters_the_user_can_do_all_that_nodes_do_and_nothing_else()
    {
        await using var masters = await RedisMasters.StartAsync();
        await AssertAsync(masters.Servers);
    }

    private static async Task AssertAsync(IReadOnlyList<RedisServer> servers)
    {
        foreach (var server in servers)
        {
            await server.CallAsync(RedisCommands.AclOf(User, Password, "heartbeatgateway").Split(' '));
            await server.CallAsync("acl", "log", "reset");
        }

        var configuration = $"{string.Join(',', servers.Select(s => s.Configuration))},user={User},password={Password}";
        await using (var a = new WholeNode("a", configuration))
        await using (var b = new WholeNode("b", configuration))
        {
            await a.StartAsync();
            await b.StartAsync();
            await UseAsync(a, b);
            foreach (var node in (WholeNode[])[a, b]) Assert.DoesNotContain(node.Logs.GetSnapshot(), l => l.Level >= LogLevel.Warning);
        }

        foreach (var server in servers)
        {
            await AssertNothingRefusedAsync(server);
            await AssertRefusesTheRestAsync(server);
        }
    }

    /// <summary>All that a node does, with clients and messages in each partition.</summary>
    private static async Task UseAsync(WholeNode a, WholeNode b)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var events = a.Cluster.FollowEventsAsync(cancellation).GetAsyncEnumerator(cancellation);
        var first = events.MoveNextAsync().AsTask();
        b.Cluster.Answer("echo", (body, _) => ValueTask.FromResult(body));
        await Waiting.UntilAsync(async () => (await a.Cluster.AskAsync(b.Cluster.Self.Epoch, "echo", default, cancellation)).Kind == NodeAnswerKind.Answered, "a node answers");
        // The follower begins at some moment after the call: connects go on until it has seen one.
        for (var i = 0; i < Clients || !first.IsCompleted; i++)
        {
            Assert.Equal(ClusterEntryKind.Entered, (await a.Cluster.EnterAsync(TestNode.Hello($"device-{i}", "i", 1, $"f{i}"))).Kind);
            if (i >= Clients) await Waiting.For(TimeSpan.FromMilliseconds(20));
        }

        Assert.True(await first);
        for (var i = 0; i < Clients; i++)
        {
            Assert.True((await b.Cluster.EnterAsync(TestNode.Hello($"device-{i}", "i", 2))).Previous!.WasConnected);
            Assert.NotNull(await b.Cluster.FindAsync($"device-{i}", cancellation));
            Assert.True(await a.Cluster.HoldAsync($"away-{i}", new byte[1], TimeSpan.FromMinutes(1), cancellation));
        }

        Assert.Equal(2, (await a.Cluster.ListNodesAsync(cancellation)).Count);
        await b.Cluster.Directory.Reconciler.RunAsync(TimeSpan.Zero);
        await b.Cluster.Directory.Reaper.SweepAsync();
        await a.Cluster.Bans!.WriteAsync([1], null, cancellation);
        Assert.Equal([1], await b.Cluster.Bans!.ReadAsync(cancellation));

        var sink = a.Cluster.MessageSink!;
        var accepted = 0;
        for (var i = 0; i < Clients; i++) await sink.AcceptAsync(Message($"device-{i}", v => Interlocked.Add(ref accepted, v == MessageVerdict.Accepted ? 1 : 0)), cancellation);
        await Waiting.UntilAsync(() => Volatile.Read(ref accepted) == Clients, "all messages are in the streams");
    }

    /// <summary>What the documentation says that the client library tries.</summary>
    private static async Task AssertNothingRefusedAsync(RedisServer server)
    {
        var lines = (await server.CallAsync("acl", "log")).Split('\n');
        var refused = lines.Index().Where(l => l.Item == "object").Select(l => lines[l.Index + 1]);
        // Redis 6.2 names the command without its subcommand.
        Assert.DoesNotContain(refused, o => o is not "config|get" and not "config" and not "__Booksleeve_TieBreak" and not "__Booksleeve_MasterChanged");
    }

    private static async Task AssertRefusesTheRestAsync(RedisServer server)
    {
        string[] login = ["--user", User, "--pass", Password, "--no-auth-warning"];
        string[][] commands =
        [
            ["flushall"], ["flushdb"], ["config", "set", "maxmemory", "1"], ["config", "get", "*"], ["keys", "*"], ["scan", "0"], ["get", "other:key"], ["set", "other:key", "1"],
            ["xadd", "other:stream", "*", "a", "b"], ["eval", "return redis.call('get', KEYS[1])", "1", "other:key"], ["publish", "other", "x"], ["acl", "list"], ["shutdown"],
            ["replicaof", "no", "one"], ["monitor"], ["client", "kill", "type", "normal"], ["xgroup", "create", "heartbeatgateway:{1768}:messages", "g", "0"],
        ];
        foreach (var command in commands) Assert.Contains("NOPERM", await server.CallAsync([.. login, .. command]));
    }

    private static GatewayMessage Message(string client, Action<MessageVerdict> settled) => new()
    {
        ClientId = client,
        ConnectionId = new ConnectionId(0, 42),
        RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1),
        Type = "reading",
        Content = Encoding.UTF8.GetBytes("x"),
        ReceivedAt = DateTimeOffset.UnixEpoch,
        Settled = settled,
    };

    /// <summary>A node as the gateway composes it.</summary>
    private sealed class WholeNode : IAsyncDisposable
    {
        private readonly TestMeterFactory _meters = new();

        public WholeNode(string name, string configuration)
        {
            var loggers = LoggerFactory.Create(b => b.AddProvider(new FakeLoggerProvider(Logs)).AddFilter("StackExchange", LogLevel.None));
            Cluster = new RedisCluster(
                new RedisOptions { Configuration = configuration, NodeName = name, EnterTimeout = TimeSpan.FromSeconds(10), CallTimeout = TimeSpan.FromSeconds(10), Lease = TimeSpan.FromMinutes(1) },
                TimeProvider.System, _meters, loggers);
        }

        public RedisCluster Cluster { get; }

        public FakeLogCollector Logs { get; } = new();

        public Task StartAsync()
        {
            Cluster.Start(new NodeTable(TimeProvider.System) { Cluster = Cluster });
            return Waiting.UntilAsync(() => Cluster.Directory.Lease.Held.IsCompleted, "the node has its lease");
        }

        public async ValueTask DisposeAsync()
        {
            await Cluster.DisposeAsync();
            _meters.Dispose();
        }
    }
}
