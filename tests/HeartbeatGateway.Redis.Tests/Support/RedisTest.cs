using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Tests.Support;

/// <summary>A test with its own Redis and nodes on it.</summary>
public abstract class RedisTest : IAsyncLifetime
{
    private readonly List<TestNode> _nodes = [];
    private ConnectionMultiplexer? _multiplexer;

    internal TestNetwork Network { get; } = new();

    internal RedisServer Redis { get; private set; } = null!;

    internal RedisKeys Keys { get; } = new("heartbeatgateway");

    internal IDatabase Database => _multiplexer!.GetDatabase();

    public virtual async ValueTask InitializeAsync()
    {
        Redis = await RedisServer.StartAsync();
        _multiplexer = await ConnectionMultiplexer.ConnectAsync(Redis.Configuration + ",allowAdmin=true,abortConnect=false");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        if (_multiplexer is not null) await _multiplexer.DisposeAsync();
        if (Redis is not null) await Redis.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal TestNode Make(string name, Func<RedisOptions, RedisOptions>? options = null, TimeProvider? clock = null, string? configuration = null)
    {
        var node = new TestNode(name, configuration ?? Redis.Configuration, Network, options, clock);
        _nodes.Add(node);
        return node;
    }

    internal Task<TestNode> StartNodeAsync(string name, Func<RedisOptions, RedisOptions>? options = null, TimeProvider? clock = null) =>
        Make(name, options, clock).StartAsync();

    /// <summary>The events of a client, the oldest first, as <c>change node</c>.</summary>
    internal async Task<string[]> EventsAsync(string id)
    {
        var entries = await Database.StreamRangeAsync(Keys.Events(RedisKeys.PartitionOf(id)));
        return [.. entries.Where(e => e["id"] == id).Select(e => $"{e["change"]} {e["n"]}")];
    }

    internal async Task<long> CountAsync()
    {
        long count = 0;
        for (var p = 0; p < RedisKeys.Partitions; p++) count += await Database.HashLengthAsync(Keys.Directory(p));
        return count;
    }

    /// <summary>Waits until something holds. The bound is only reached when it never does.</summary>
    internal static Task UntilAsync(Func<Task<bool>> condition, int seconds = 30) =>
        Waiting.UntilAsync(condition, () => "what the test waits for has not happened", TimeSpan.FromSeconds(seconds));

    internal static Task UntilAsync(Func<bool> condition, int seconds = 30) => UntilAsync(() => Task.FromResult(condition()), seconds);
}
