using System.Collections.Concurrent;
using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>
/// Several threads that take over a few identities from each other. They end connections during their takeover and advance the clock
/// meanwhile.
/// </summary>
internal sealed class TakeoverStorm(EngineHarness gateway, int identities)
{
    private readonly StormClient?[] _latest = new StormClient?[identities];
    private readonly long[] _highestSeen = new long[identities];
    private int _connections;

    public ConcurrentQueue<StormClient> Clients { get; } = [];

    public int Connections => Volatile.Read(ref _connections);

    public static string Name(int identity) => $"pump-{identity}";

    /// <summary>Runs a number of rounds on one thread, each with at least one hello.</summary>
    public async Task RunAsync(int rounds, int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < rounds; round++)
        {
            var identity = random.Next(identities);
            var newcomer = Newcomer(random, identity);
            await PlayAsync(random, identity, newcomer);
            Volatile.Write(ref _latest[identity], newcomer);
            LookUp(random.Next(identities));
        }
    }

    /// <summary>Asserts that a lookup never returns an older connection than an earlier lookup.</summary>
    public void LookUp(int identity)
    {
        var before = Volatile.Read(ref _highestSeen[identity]);
        if (gateway.Engine.FindClient(Name(identity)) is not { } found) return;
        Assert.Equal(Name(identity), found.ClientId);
        Assert.True(found.Generation >= before, $"A lookup of {found.ClientId} found generation {found.Generation} after {before}.");
        for (var seen = before; found.Generation > seen;) seen = Interlocked.CompareExchange(ref _highestSeen[identity], found.Generation, seen) is var now && now == seen ? found.Generation : now;
    }

    private async Task PlayAsync(Random random, int identity, StormClient newcomer)
    {
        var old = Volatile.Read(ref _latest[identity]);
        var reset = random.Next(2) == 0;
        switch (random.Next(10))
        {
            case 0 or 1 when old is not null:
                await Together(newcomer.SendHelloAsync, () => Done(() => old.HangUp(reset)));
                break;
            case 2:
                var found = gateway.Engine.FindClient(Name(identity));
                await Together(newcomer.SendHelloAsync, () => Done(() => _ = found is not null && gateway.Engine.Close(found.ConnectionId, CloseReason.Kicked)));
                break;
            case 3:
                var rival = Newcomer(random, identity);
                await Together(newcomer.SendHelloAsync, rival.SendHelloAsync);
                break;
            case 4:
                await newcomer.SendHelloAsync();
                newcomer.HangUp(reset);
                break;
            case 5:
                await Together(newcomer.SendHelloAsync, () => Done(Tick));
                break;
            case 6:
                await newcomer.PingThenHelloAsync();
                break;
            case 7:
                // Ended by the gateway while its own hello is processed.
                await Together(newcomer.SendHelloAsync, () => Done(() => EndNewest(random)));
                break;
            default:
                await newcomer.SendHelloAsync();
                break;
        }
    }

    private StormClient Newcomer(Random random, int identity)
    {
        string?[] instances = ["a", "b", null];
        long?[] attempts = [1, 2, 3, null];
        TimeSpan?[] heartbeats = [null, TimeSpan.FromSeconds(1.0), TimeSpan.FromSeconds(5.0)];
        string?[] sessions = [null, "unknown", Volatile.Read(ref _latest[identity])?.SessionId];
        var number = Interlocked.Increment(ref _connections);
        // Each connection has its own address, so that no client is recognised by address.
        var client = gateway.Connect(new IPAddress(new byte[] { 10, (byte)(number >> 16), (byte)(number >> 8), (byte)number }));
        var newcomer = new StormClient(client, EngineHarness.Hello(
            Name(identity), random.GetItems(instances, 1)[0], random.GetItems(attempts, 1)[0], random.GetItems(sessions, 1)[0], random.GetItems(heartbeats, 1)[0], acceptsClose: random.Next(2) == 0));
        Clients.Enqueue(newcomer);
        return newcomer;
    }

    private void EndNewest(Random random)
    {
        var connection = gateway.Engine.Table.All().MaxBy(c => c.Id.Sequence);
        connection?.Close(new CloseRequest(random.Next(2) == 0 ? CloseReason.MaxAge : CloseReason.InternalError));
    }

    private void Tick()
    {
        // Just below the length of a process pause, so that idle timeouts are reached while hellos are processed.
        gateway.Time.Advance(0.9 * TimerWheel.StallThreshold);
        gateway.Engine.Wheel.Tick();
    }

    private static Task Done(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    /// <summary>Runs two actions at the same time, as nearly as two threads can.</summary>
    private static async Task Together(Func<Task> one, Func<Task> other)
    {
        var ready = 0;
        var first = Task.Run(() => AtOnce(one));
        var second = Task.Run(() => AtOnce(other));
        await Task.WhenAll(first, second);

        async Task AtOnce(Func<Task> action)
        {
            Interlocked.Increment(ref ready);
            // The wait is bounded: the other action may not have a thread yet.
            for (var spins = 0; Volatile.Read(ref ready) < 2 && spins < 2_000; spins++) Thread.SpinWait(1);
            await action();
        }
    }
}
