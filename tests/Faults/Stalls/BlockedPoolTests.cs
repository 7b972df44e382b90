using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Stalls;

/// <summary>A gateway all of whose pool threads are blocked, by a sink of its host's for instance.</summary>
public sealed class BlockedPoolTests
{
    private const int Clients = 1_000;
    private static readonly TimeSpan Blocked = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = TimeProvider.System;

    [Fact]
    public async Task A_blocked_thread_pool_costs_nobody_who_pings_and_saves_nobody_who_does_not()
    {
        await using var gateway = await WatchedGateway.StartFaultHostAsync();
        await using (var crowd = await Crowd.ConnectAsync(gateway.Process.EndPoint, Clients, heartbeat: SilentClients.Heartbeat))
        {
            await crowd.WaitForFramesAsync(1, TimeSpan.FromSeconds(30));
            await using var silent = await SilentClients.ConnectAsync(gateway.Process.EndPoint);
            var began = _time.GetTimestamp();
            await crowd.Clients[0].SendFrameAsync("block-pool", $"{Blocked.TotalSeconds:0}");
            // The page comes from the pool: it comes when that is free again.
            await ScrapeAsync(gateway);
            var blocked = _time.GetElapsedTime(began);
            Assert.True(blocked >= Blocked - TimeSpan.FromSeconds(1), $"The pool was not blocked: it answered after {blocked.TotalSeconds:0.0} s.");

            // What stood still is counted by the wheel, whose turn may come after the page's; it has come when it closes somebody.
            await silent.EndedAsync();
            var stalled = TimeSpan.FromSeconds(GatewayProcess.Metric(await ScrapeAsync(gateway), "heartbeatgateway_stall_seconds_total"));
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"pool blocked for {blocked.TotalSeconds:0.00} s, {stalled.TotalSeconds:0.00} s of it counted as stall; the canary waited {gateway.Canary.Answers.Max().TotalSeconds:0.000} s at most");

            // As far as the gateway counts a stall, it counts for nobody; the rest of the time does.
            await silent.AssertClosedAsync("mute before the pool was blocked", TimeSpan.Zero, stalled + TimeSpan.FromSeconds(1));
            var heard = crowd.Clients.Max(c => c.Frames);
            await crowd.WaitForFramesAsync(heard, TimeSpan.FromSeconds(10));
            crowd.AssertAllOpen(SilentClients.Limit);
            await gateway.Process.Http.GetStringAsync("/livez");
        }

        await gateway.AssertRecoveredAsync();
    }

    private static async Task<string> ScrapeAsync(WatchedGateway gateway)
    {
        using var http = new HttpClient { BaseAddress = gateway.Process.Http.BaseAddress, Timeout = TimeSpan.FromSeconds(60) };
        return await http.GetStringAsync("/metrics");
    }
}
