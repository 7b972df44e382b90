using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Stalls;

/// <summary>A gateway whose thread pool is completely blocked, for example by a message sink of its host.</summary>
public sealed class BlockedPoolTests
{
    private const int Clients = 1_000;
    private static readonly TimeSpan Blocked = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = TimeProvider.System;

    [Fact]
    public async Task Keeps_clients_that_ping_and_closes_silent_clients_after_the_thread_pool_was_blocked()
    {
        await using var gateway = await WatchedGateway.StartFaultHostAsync();
        await using (var crowd = await Crowd.ConnectAsync(gateway.Process.EndPoint, Clients, heartbeat: SilentClients.Heartbeat))
        {
            await crowd.WaitForFramesAsync(1, TimeSpan.FromSeconds(30));
            await using var silent = await SilentClients.ConnectAsync(gateway.Process.EndPoint);
            var began = _time.GetTimestamp();
            await crowd.Clients[0].SendFrameAsync("block-pool", $"{Blocked.TotalSeconds:0}");
            // The pool serves the metrics page, so the page arrives only when the pool is free again.
            await ScrapeAsync(gateway);
            var blocked = _time.GetElapsedTime(began);
            Assert.True(blocked >= Blocked - TimeSpan.FromSeconds(1), $"The pool was not blocked: it answered after {blocked.TotalSeconds:0.0} s.");

            // The wheel counts the stall, possibly after the page was served. When it has closed a client, the stall is counted.
            await silent.EndedAsync();
            var stalled = TimeSpan.FromSeconds(GatewayProcess.Metric(await ScrapeAsync(gateway), "heartbeatgateway_stall_seconds_total"));
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"pool blocked for {blocked.TotalSeconds:0.00} s, {stalled.TotalSeconds:0.00} s of it counted as stall; "
                + $"the canary waited {gateway.Canary.Answers.Max().TotalSeconds:0.000} s at most");

            // Time that the gateway counts as a stall does not count as silence; the rest of the blocked time does.
            await silent.AssertClosedAsync("silent before the pool was blocked", TimeSpan.Zero, stalled + TimeSpan.FromSeconds(1));
            var received = crowd.Clients.Max(c => c.Frames);
            await crowd.WaitForFramesAsync(received, TimeSpan.FromSeconds(10));
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
