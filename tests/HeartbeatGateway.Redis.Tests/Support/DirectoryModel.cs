using System.Collections.Concurrent;
using HeartbeatGateway.Redis.Directory;
using HeartbeatGateway.Server.Clusters;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Tests.Support;

internal enum ModelStepKind
{
    Connect,
    Leave,
    Wait,
    Lapse,
    Renew,
    Sweep,
    Compare,
}

internal sealed record ModelStep(ModelStepKind Kind, int Node, int Client);

/// <summary>
/// Three nodes, one of them with a clock an hour ahead, whose calls to Redis and questions to each other are disturbed until <see cref="AssertQuietAsync"/>.
/// </summary>
internal sealed class DirectoryModel : IAsyncDisposable
{
    public const int Nodes = 3;
    public const int Clients = 5;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan ToBeQuiet = TimeSpan.FromSeconds(60);

    private readonly RedisTest _test;
    private readonly List<TestNode> _nodes = [];
    private readonly List<Task> _running = [];
    private readonly SemaphoreSlim[] _renewing = [.. Enumerable.Range(0, Nodes).Select(_ => new SemaphoreSlim(1, 1))];
    private readonly long[] _attempts = new long[Clients];
    private readonly ConcurrentDictionary<(int Node, int Client), long> _floors = new();
    private readonly ConcurrentBag<(string Id, long Generation)> _entered = [];
    private volatile bool _isDisturbed;

    private DirectoryModel(RedisTest test) => _test = test;

    public static async Task<DirectoryModel> StartAsync(RedisTest test)
    {
        var model = new DirectoryModel(test);
        for (var i = 0; i < Nodes; i++)
        {
            var clock = i == 0 ? new OffsetClock(TimeSpan.FromHours(1)) : null;
            var node = await test.StartNodeAsync($"node-{i}", o => o with { EnterTimeout = CallTimeout / 2, CallTimeout = CallTimeout }, clock);
            node.Directory.Calls.Run = model.DisturbAsync;
            model._nodes.Add(node);
        }

        test.Network.Loses = _ => model._isDisturbed && Random.Shared.Next(5) == 0;
        return model;
    }

    public async Task DoAsync(ModelStep step)
    {
        _isDisturbed = true;
        var node = _nodes[step.Node];
        if (step.Kind == ModelStepKind.Wait) await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(40)), TimeProvider.System);
        else _running.Add(Task.Run(() => RunAsync(step, node)));
    }

    /// <summary>Ends the disturbance, and waits until the directory is the sum of the tables. Then the events are checked.</summary>
    public async Task AssertQuietAsync()
    {
        await Task.WhenAll(_running);
        _running.Clear();
        _isDisturbed = false;
        // What is late is run.
        await Task.Delay(CallTimeout * 2, TimeProvider.System);
        var began = TimeProvider.System.GetTimestamp();
        string? fault;
        while ((fault = await FindFaultAsync()) is not null)
        {
            if (TimeProvider.System.GetElapsedTime(began) > ToBeQuiet) Assert.Fail($"{fault}\n{await PresenceEvents.DescribeAsync(_test)}");
            foreach (var node in _nodes) await TryAsync(() => SettleAsync(node));
        }

        await PresenceEvents.AssertAsync(_test, [.. _entered]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        foreach (var renewing in _renewing) renewing.Dispose();
    }

    private async Task RunAsync(ModelStep step, TestNode node)
    {
        switch (step.Kind)
        {
            case ModelStepKind.Connect:
                await ConnectAsync(step);
                break;
            case ModelStepKind.Leave:
                node.Table.Remove(NameOf(step.Client));
                break;
            case ModelStepKind.Lapse:
                await _test.Database.SortedSetAddAsync(_test.Keys.Leases, node.Cluster.Self.Epoch, 1, SortedSetWhen.Exists);
                break;
            case ModelStepKind.Renew:
                await TryAsync(() => RenewAsync(node));
                break;
            case ModelStepKind.Sweep:
                await TryAsync(node.Directory.Reaper.SweepAsync);
                break;
            default:
                await TryAsync(() => node.Directory.Restorer.RestoreAllAsync(TimeSpan.Zero));
                break;
        }
    }

    private async Task ConnectAsync(ModelStep step)
    {
        var (node, place) = (_nodes[step.Node], (step.Node, step.Client));
        // Clients without an instance, with one, and with another one each time.
        var instance = (step.Client % 3) switch { 0 => null, 1 => "same", _ => Guid.NewGuid().ToString("N") };
        var attempt = Interlocked.Increment(ref _attempts[step.Client]);
        var (fingerprint, floor) = (Guid.NewGuid().ToString("N"), _floors.GetValueOrDefault(place) + 1);
        var hello = TestNode.Hello(NameOf(step.Client), instance, attempt, fingerprint, floor: floor);
        var entry = await node.Cluster.EnterAsync(hello);
        if (entry.Kind == ClusterEntryKind.Entered) _entered.Add((hello.ClientId, entry.Generation));
        if (node.Welcome(hello, entry) is { } member) _floors.AddOrUpdate(place, member.Generation, (_, floor) => Math.Max(floor, member.Generation));
    }

    private async Task SettleAsync(TestNode node)
    {
        await RenewAsync(node);
        await node.Directory.Reconciler.RunAsync(TimeSpan.Zero);
        await RedisTest.UntilAsync(() => node.Directory.Leaver.IsIdle && node.Directory.Restorer.IsIdle);
        await node.Directory.Reaper.SweepAsync();
    }

    // A node renews once at a time, and reaps beside it.
    private async Task RenewAsync(TestNode node)
    {
        var renewing = _renewing[_nodes.IndexOf(node)];
        await renewing.WaitAsync();
        LeaseRenewal renewal;
        try
        {
            renewal = await node.Directory.Keeper.RenewAsync(mayReap: true);
            await node.Directory.Keeper.FollowAsync(failures: Restorer.AllPartitions);
        }
        finally
        {
            renewing.Release();
        }

        await node.Directory.Keeper.ReapAsync(renewal, mayReap: true);
    }

    private async Task<string?> FindFaultAsync()
    {
        var entries = await PresenceEvents.ReadEntriesAsync(_test);
        var tables = new Dictionary<string, (string Epoch, long Generation, string Connection)>(StringComparer.Ordinal);
        foreach (var node in _nodes)
        {
            foreach (var member in node.Table.Members())
            {
                var place = (node.Cluster.Self.Epoch, member.Generation, member.ConnectionId);
                if (!tables.TryAdd(member.ClientId, place)) return $"{member.ClientId} is connected twice";
            }
        }

        foreach (var (id, place) in tables)
        {
            if (!entries.TryGetValue(id, out var entry)) return $"{id} is not in the directory";
            if ((entry.E, entry.G, entry.C) != place) return $"{id} is {place}, and the directory has {entry}";
        }

        if (entries.Keys.FirstOrDefault(id => !tables.ContainsKey(id)) is { } stale) return $"{stale} stays in the directory";
        var sets = await PresenceEvents.ReadSetsAsync(_test);
        foreach (var set in sets)
        {
            if (!entries.TryGetValue(set.Id, out var entry) || entry.E != set.Epoch) return $"{set} stays in a set";
        }

        return sets.Count == entries.Count ? null : $"{sets.Count} ids in sets, {entries.Count} entries";
    }

    private async Task<RedisResult> DisturbAsync(Func<Task<RedisResult>> run)
    {
        var fault = _isDisturbed ? Random.Shared.Next(24) : 24;
        // The caller has given up when Redis runs it.
        if (fault == 0) await Task.Delay(CallTimeout + TimeSpan.FromMilliseconds(50), TimeProvider.System);
        // Others overtake it.
        else if (fault < 6) await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(60)), TimeProvider.System);
        var answer = await run();
        return fault is 6 or 7 ? throw new TimeoutException("The answer is lost.") : answer;
    }

    private static async Task TryAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            // As after a failure of Redis: the loop comes again.
        }
    }

    private static string NameOf(int client) => $"device-{client}";

    private sealed class OffsetClock(TimeSpan offset) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + offset;
    }
}
