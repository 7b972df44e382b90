using System.Collections.Concurrent;
using System.Net;
using HeartbeatGateway.Faults.Tests.Clusters.Support;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Testing.Redis;

namespace HeartbeatGateway.Faults.Tests.Clusters;

/// <summary>Pushes to clients that move from gateway to gateway, while connections to Redis break.</summary>
[Trait("Lane", "cluster")]
public sealed class MovingPushesTests
{
    private const int Clients = 60;
    private const int Callers = 4;
    private const int Pushes = 1_500;
    private const int Moves = 2 * Clients;
    private const int Breaks = 30;
    private static readonly TimeSpan ToLive = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ToArrive = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenPushes = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan BetweenMoves = TimeSpan.FromMilliseconds(50);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly ConcurrentDictionary<string, string> _results = new(StringComparer.Ordinal);
    private int _next;
    private int _moves;
    private int _breaks;

    [Fact]
    public async Task Every_accepted_push_arrives_although_its_client_moves_and_connections_to_redis_break()
    {
        await using var redis = await RedisServer.StartAsync();
        var directory = new ClusterDirectory(redis);
        await using var cluster = await ClusterOfGateways.StartAsync(3, redis.Configuration);
        await using var fleet = new FleetLoad(cluster.EndPoints, Clients);
        await fleet.ConnectAsync();

        using (var stop = new CancellationTokenSource())
        {
            var disturbing = Task.WhenAll(MoveAsync(cluster, fleet, stop.Token), BreakAsync(redis, stop.Token));
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => PushAsync(cluster, fleet)));
            await stop.CancelAsync();
            await disturbing;
        }

        await fleet.ConnectAsync();
        await ClusterChecks.AssertWholeAsync(cluster, directory, Clients);
        var accepted = _results.Where(r => r.Value is "queued" or "held" or "delivered").Select(r => r.Key).ToList();
        await Waiting.UntilAsync(
            () => accepted.TrueForAll(a => fleet.ReceiversOf(a) > 0),
            () => $"{accepted.Count(a => fleet.ReceiversOf(a) == 0)} of {accepted.Count} accepted pushes have not arrived, such as {accepted.Find(a => fleet.ReceiversOf(a) == 0)}", ToArrive);
        var twice = accepted.Count(a => fleet.ReceiversOf(a) > 1);
        Waiting.Write($"{_moves} moves, {_breaks} broken connections to Redis; {string.Join(", ", _results.Values.CountBy(r => r).Select(r => $"{r.Value} {r.Key}"))}; {twice} pushes arrived twice");
        Assert.True(_moves >= Moves && _breaks >= Breaks, $"{_moves} moves and {_breaks} broken connections are too few to tell something.");
        Assert.True(accepted.Count > _results.Count / 2, $"Only {accepted.Count} of {_results.Count} pushes were accepted.");
        // A push may come twice when the connection breaks at which a gateway says that it has it.
        Assert.True(twice <= Pushes / 100, $"{twice} pushes arrived twice.");
        fleet.AssertNoFault();
    }

    private async Task PushAsync(ClusterOfGateways cluster, FleetLoad fleet)
    {
        for (var i = Interlocked.Increment(ref _next); !IsEnough(i); i = Interlocked.Increment(ref _next))
        {
            var name = $"push-{i}";
            await Task.Delay(BetweenPushes, _time);
            (_results[name], _) = await cluster[i % 3].SendAsync(fleet.NameOf(i % Clients), name, ttlSeconds: (int)ToLive.TotalSeconds);
        }
    }

    private bool IsEnough(int push) => push > 10 * Pushes || (push > Pushes && Volatile.Read(ref _moves) >= Moves && Volatile.Read(ref _breaks) >= Breaks);

    /// <summary>Clients are closed one after another. They connect to any gateway at once.</summary>
    private async Task MoveAsync(ClusterOfGateways cluster, FleetLoad fleet, CancellationToken stopping)
    {
        for (var i = 0; !stopping.IsCancellationRequested; i++)
        {
            using var answer = await cluster[i % 3].Process.Http.DeleteAsync(
                new Uri($"/api/v1/clients/{fleet.NameOf(i * 7 % Clients)}?reason=kicked&afterMs=0", UriKind.Relative), CancellationToken.None);
            if (answer.StatusCode is HttpStatusCode.OK) _moves++;
            await Task.Delay(BetweenMoves, _time, CancellationToken.None);
        }
    }

    /// <summary>Redis ends the connections of the gateways, those of commands and those of subscriptions in turn.</summary>
    private async Task BreakAsync(RedisServer redis, CancellationToken stopping)
    {
        for (var i = 0; !stopping.IsCancellationRequested; i++)
        {
            _breaks += int.Parse(await redis.CallAsync("CLIENT", "KILL", "TYPE", i % 2 == 0 ? "normal" : "pubsub"), System.Globalization.CultureInfo.InvariantCulture);
            await Task.Delay(TimeSpan.FromSeconds(1.5), _time, CancellationToken.None);
        }
    }
}
