using System.Net;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Callers;

/// <summary>Callers that list all clients over and over, beside a fleet. What they cost a ping is measured by hand (docs/performance.md).</summary>
public sealed class ListsBesideFleetTests
{
    private const int Callers = 20;
    private const int Clients = 3_000;
    private const int Limit = 250;
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReaderIdle = TimeSpan.FromSeconds(7);

    /// <summary>A pause of this process of half a second or more explains one of the gateway, which counts those of a second.</summary>
    private static readonly TimeSpan HalfStall = TimeSpan.FromSeconds(0.5);
    private static readonly string[] Sorts = ["connectedAt", "idle", "rtt", "retransmits", "heartbeatJitter", "pendingBytes", "bytes", "lastReceived"];

    private readonly TimeProvider _time = TimeProvider.System;

    [Fact]
    public async Task Every_heartbeat_is_answered_and_every_walk_is_right()
    {
        await using var gateway = await WatchedGateway.StartAsync(("Gateway__Admin__RequestsPerSecond", "0"));
        using var watch = new StallWatch();
        await using var clients = await Crowd.ConnectAsync(gateway.Port, Clients);
        clients.StartHeartbeats(TimeSpan.FromSeconds(2));
        await clients.WaitForFramesAsync(1, TimeSpan.FromSeconds(20));

        var began = _time.GetTimestamp();
        var walks = await Task.WhenAll(Enumerable.Range(0, Callers).Select(number => Task.Run(() => CallAsync(gateway, number, began))));
        TestContext.Current.TestOutputHelper?.WriteLine($"{walks.Sum()} walks over {Clients} clients, slowest ping {gateway.Canary.Answers.Max().TotalMilliseconds:0} ms");
        Assert.DoesNotContain(0, walks);

        // Every client is answered now, and was all the time.
        await clients.WaitForFramesAsync(clients.Clients.Max(c => c.Frames) + 1, TimeSpan.FromSeconds(60));
        var unjudged = clients.AssertAllOpen(ReaderIdle);
        await gateway.Canary.AssertAliveAsync();
        await clients.CloseAsync();
        await gateway.AssertRecoveredAsync();
        var page = await gateway.Process.ScrapeAsync();
        Assert.Equal(unjudged, GatewayProcess.Metric(page, """heartbeatgateway_timeouts_total{kind="reader_idle"}"""));
        Assert.Equal(0, GatewayProcess.Metric(page, """heartbeatgateway_outbound_dropped_total{reason="pending_limit"}"""));
        // A machine that stands still stops this process too.
        var stalls = GatewayProcess.Metric(page, "heartbeatgateway_stalls_total");
        Assert.True(stalls <= watch.Count(HalfStall), $"The gateway counted {stalls} stalls, and this process {watch.Count(HalfStall)} pauses.");
    }

    /// <summary>Walks in one order after the other until the time is over, and once at least.</summary>
    private async Task<int> CallAsync(WatchedGateway gateway, int number, long began)
    {
        using var caller = new ApiCaller(gateway.Process.Http.BaseAddress!, IPAddress.Parse($"127.0.1.{number + 1}"));
        var walks = 0;
        do
        {
            var order = number + walks;
            var sort = Sorts[order % Sorts.Length];
            var ids = await caller.WalkAsync(sort, descending: order / Sorts.Length % 2 == 1, Limit);
            // The values of other orders change between two pages, so a walk can miss a connection or show it twice.
            if (sort == "connectedAt")
            {
                Assert.Equal(Clients + 1, ids.Count);
                Assert.Equal(Clients + 1, ids.Distinct(StringComparer.Ordinal).Count());
            }

            walks++;
        }
        while (_time.GetElapsedTime(began) < Span);
        return walks;
    }
}
