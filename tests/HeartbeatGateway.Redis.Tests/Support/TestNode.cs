using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Redis.Tests.Support;

/// <summary>A node: a cluster on a real Redis, and clients that exist in a table only.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private static int _connections;
    private readonly TimeProvider _clock;

    public TestNode(string name, string configuration, TestNetwork network, Func<RedisOptions, RedisOptions>? options = null, TimeProvider? clock = null)
    {
        _clock = clock ?? TimeProvider.System;
        // Bounds that a busy machine keeps, and a lease that is renewed by tests alone. Tests in which Redis is away use Quick.
        var settings = new RedisOptions
        {
            Configuration = configuration,
            NodeName = name,
            Lease = TimeSpan.FromMinutes(30),
            EnterTimeout = TimeSpan.FromSeconds(10),
            CallTimeout = TimeSpan.FromSeconds(10),
        };
        Meters = new TestMeterFactory();
        Metrics = new MetricReader(Meters);
        var loggers = LoggerFactory.Create(b => b.AddProvider(new FakeLoggerProvider(Logs)).AddFilter("StackExchange", LogLevel.None));
        var parts = new ClusterParts(network.Join(), _ => throw new NotSupportedException());
        Cluster = new RedisCluster(options?.Invoke(settings) ?? settings, _clock, Meters, loggers, (_, _) => parts);
        Table = new NodeTable(_clock) { Cluster = Cluster };
    }

    public RedisCluster Cluster { get; }

    public DirectoryParts Directory => Cluster.Directory;

    public NodeTable Table { get; }

    public TestMeterFactory Meters { get; }

    public MetricReader Metrics { get; }

    public FakeLogCollector Logs { get; } = new();

    /// <summary>The bounds of a gateway, for tests in which Redis is away.</summary>
    public static RedisOptions Quick(RedisOptions options) => options with
    {
        Lease = TimeSpan.FromSeconds(10),
        EnterTimeout = TimeSpan.FromMilliseconds(250),
        CallTimeout = TimeSpan.FromMilliseconds(900),
    };

    /// <summary>Starts, and waits for the lease and the first comparison.</summary>
    public async Task<TestNode> StartAsync(bool isRedisUp = true)
    {
        Cluster.Start(Table);
        if (isRedisUp) await RedisTest.UntilAsync(() => Directory.Lease.Held.IsCompleted && Logs.GetSnapshot().Any(l => l.Id.Id == 305));
        return this;
    }

    public static ClusterHello Hello(
        string id, string? instance = null, long attempt = -1, string? fingerprint = null, string? resume = null, long floor = 0) =>
        new(id, Interlocked.Increment(ref _connections).ToString())
        {
            Instance = instance,
            Attempt = attempt,
            Resume = resume,
            NewSession = Guid.NewGuid().ToString("N"),
            Floor = floor,
            TokenFingerprint = fingerprint,
            ClaimFor = TimeSpan.FromMinutes(10),
        };

    /// <summary>What the engine does with a hello.</summary>
    public async Task<ClusterEntry> ConnectAsync(ClusterHello hello)
    {
        var entry = await Cluster.EnterAsync(hello);
        Welcome(hello, entry);
        return entry;
    }

    public Task<ClusterEntry> ConnectAsync(string id, string? instance = null, long attempt = -1, string? fingerprint = null) =>
        ConnectAsync(Hello(id, instance, attempt, fingerprint));

    /// <summary>Registers what the directory has answered.</summary>
    public ClusterMember? Welcome(ClusterHello hello, ClusterEntry entry)
    {
        if (entry.Kind is ClusterEntryKind.Replayed or ClusterEntryKind.Abandoned) return null;
        var isDegraded = entry.Kind == ClusterEntryKind.Degraded;
        var generation = isDegraded ? Math.Max(hello.Floor, _clock.GetUtcNow().ToUnixTimeMilliseconds()) : entry.Generation;
        var member = new ClusterMember(hello.ClientId, generation, hello.ConnectionId)
        {
            Instance = hello.Instance,
            Attempt = hello.Attempt,
            Session = hello.Resume is { } resume && entry.Previous?.Session == resume ? resume : hello.NewSession,
            IsUnclaimed = isDegraded,
            TokenFingerprint = hello.TokenFingerprint,
            ClaimFor = hello.ClaimFor,
        };
        if (!Table.Add(member with { IsUnclaimed = false, TokenFingerprint = null })) return null;
        if (isDegraded) Cluster.Restore(member);
        return member;
    }

    /// <summary>Renews the lease now, as the loop does.</summary>
    public async Task RenewAsync(bool mayReap = false)
    {
        var renewal = await Directory.Keeper.RenewAsync(mayReap);
        await Directory.Keeper.FollowAsync(failures: 0);
        await Directory.Keeper.ReapAsync(renewal, mayReap);
    }

    public async Task<ClusterMember?> FindAsync(string id) => await Cluster.FindAsync(id, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        Metrics.Dispose();
        Meters.Dispose();
    }
}
