using System.Net;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Consumers;

/// <summary>Clients that take nothing of what is sent to them, among others that do.</summary>
public sealed class SlowConsumerTests
{
    private const int Slow = 1_000;
    private const int Healthy = 100;
    private const int MaxPendingBytes = 256 * 1024;
    private const string SlowConsumers = "heartbeatgateway_connections_closed_total{reason=\"slow_consumer\"}";
    private const string WriteTimeouts = "heartbeatgateway_timeouts_total{kind=\"write\"}";
    private const string Pending = "heartbeatgateway_outbound_pending_bytes";
    private const string Dropped = "heartbeatgateway_outbound_dropped_total{reason=\"pending_limit\"}";
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BroadcastEvery = TimeSpan.FromMilliseconds(20);

    private readonly TimeProvider _time = TimeProvider.System;

    [Fact]
    public async Task A_thousand_clients_that_never_read_are_bounded_and_end_in_time_and_nobody_else_notices()
    {
        await using var gateway = await WatchedGateway.StartObedientAsync();
        var healthy = new List<Canary>();
        for (var i = 0; i < Healthy; i++)
        {
            healthy.Add(await Canary.StartAsync(gateway.Process.EndPoint));
            await Task.Delay(TimeSpan.FromSeconds(1) / Healthy, _time, TestContext.Current.CancellationToken);
        }

        // The first wave makes the runtime compile, and fill pools that it keeps: a later one must find all it needs there.
        var fresh = gateway.ResidentBytes;
        var first = await WaveAsync(gateway, healthy, Slow);
        var baseline = gateway.ResidentBytes;
        var alone = await WaveAsync(gateway, healthy, 0);
        var before = await gateway.Process.ScrapeAsync();
        var wave = await WaveAsync(gateway, healthy, Slow);
        var after = await gateway.Process.ReachesAsync(SlowConsumers, GatewayProcess.Metric(before, SlowConsumers) + Slow);

        Assert.True(wave.MostPending <= (double)Slow * MaxPendingBytes, $"{wave.MostPending} bytes were pending.");
        Assert.True(wave.MostPending > 0.9 * Slow * MaxPendingBytes, $"Only {wave.MostPending} bytes were pending: the bound was never reached.");
        Assert.True(GatewayProcess.Metric(after, Dropped) > GatewayProcess.Metric(before, Dropped), "Nothing was dropped.");
        Assert.Equal(Slow, GatewayProcess.Metric(after, WriteTimeouts) - GatewayProcess.Metric(before, WriteTimeouts));
        Assert.Equal(Slow, wave.FullFor.Count);
        Assert.InRange(wave.FullFor[0], WriteTimeout - TimeSpan.FromSeconds(0.5), WriteTimeout + Late);
        Assert.InRange(wave.FullFor[^1], WriteTimeout - TimeSpan.FromSeconds(0.5), WriteTimeout + Late);
        // Every broadcast has eleven times as many to reach; other work of the machine is unlikely to meet both waves.
        var pings = first.P99 < wave.P99 ? first.P99 : wave.P99;
        Assert.True(pings <= (2 * alone.P99) + TimeSpan.FromMilliseconds(10), $"99 of 100 pings were answered within {pings}, and within {alone.P99} without the slow ones.");

        var ended = _time.GetTimestamp();
        while (gateway.ResidentBytes > 1.15 * baseline)
        {
            Assert.True(_time.GetElapsedTime(ended) < TimeSpan.FromMinutes(5), $"{gateway.ResidentBytes} bytes of memory are in use, {baseline} were before.");
            await Task.Delay(TimeSpan.FromSeconds(1), _time, TestContext.Current.CancellationToken);
        }

        Print($"memory: {fresh / 1e6:0} MB fresh, {baseline / 1e6:0} MB after a first wave, at most {wave.MostMemory / 1e6:0} MB in the second, {gateway.ResidentBytes / 1e6:0} MB {_time.GetElapsedTime(ended).TotalSeconds:0} s after it");
        foreach (var canary in healthy) await canary.DisposeAsync();
        await gateway.AssertUnharmedAsync();
    }

    /// <summary>Sends to all every 20 ms, for as long as slow clients are left; without any, for as long as they last.</summary>
    private async Task<Wave> WaveAsync(WatchedGateway gateway, List<Canary> healthy, int slowClients)
    {
        var answered = healthy.ConvertAll(c => c.Answers.Count);
        await using var slow = await Crowd.ConnectAsync(gateway.Process.EndPoint, slowClients, reads: false);
        // They are alive, they just do not read.
        if (slowClients > 0) slow.Beat(TimeSpan.FromSeconds(3));
        await using var control = await Crowd.ConnectAsync(gateway.Process.EndPoint, 1);
        await using var watch = new SendQueueWatch(gateway.Process.TcpPort, slow.Clients.Select(c => ((IPEndPoint)c.Socket.LocalEndPoint!).Port));
        var (mostPending, mostMemory, broadcasts) = (0.0, 0L, 0);
        var content = new byte[1024];
        var began = _time.GetTimestamp();
        for (var looks = TimeSpan.Zero; slowClients > 0 ? watch.Open > 0 : _time.GetElapsedTime(began) < WriteTimeout + TimeSpan.FromSeconds(2);)
        {
            Assert.True(_time.GetElapsedTime(began) < TimeSpan.FromSeconds(30), $"{watch.Open} slow clients are still there.");
            await control.Clients[0].SendFrameAsync("broadcast", content);
            broadcasts++;
            if (_time.GetElapsedTime(began) > looks)
            {
                looks += TimeSpan.FromMilliseconds(500);
                mostPending = Math.Max(mostPending, await gateway.Process.MetricAsync(Pending));
                mostMemory = Math.Max(mostMemory, gateway.ResidentBytes);
            }

            var early = (BroadcastEvery * broadcasts) - _time.GetElapsedTime(began);
            if (early > TimeSpan.Zero) await Task.Delay(early, _time);
        }

        var answers = healthy.SelectMany((c, i) => c.Answers.Skip(answered[i])).Order().ToList();
        var wave = new Wave(mostPending, mostMemory, answers[answers.Count * 99 / 100], watch.FullFor);
        Print($"{slowClients} slow ones among {Healthy}, {broadcasts} broadcasts in {_time.GetElapsedTime(began).TotalSeconds:0.0} s: at most {mostPending / 1e6:0.0} MB pending; pings of the others answered within {answers[answers.Count / 2].TotalMilliseconds:0.00} ms (p50), {wave.P99.TotalMilliseconds:0.00} ms (p99)");
        if (slowClients > 0) Print($"the system's queues stood full, at {watch.MostBytes} bytes at most, for {wave.FullFor[0].TotalSeconds:0.00} to {wave.FullFor[^1].TotalSeconds:0.00} s");
        return wave;
    }

    private static void Print(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);

    private sealed record Wave(double MostPending, long MostMemory, TimeSpan P99, IReadOnlyList<TimeSpan> FullFor);
}
