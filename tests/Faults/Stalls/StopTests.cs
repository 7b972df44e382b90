using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Stalls;

/// <summary>A gateway process that is stopped for a while, as on a suspended machine, while its clients keep sending.</summary>
public sealed class StopTests
{
    private static readonly TimeSpan AtMostLate = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = TimeProvider.System;

    [Theory]
    [InlineData(false, 10_000, 3, 30)]
    [InlineData(true, 1_000, 12, Traits = ["Transport", "tls"])]
    public async Task Keeps_clients_that_ping_during_a_stall_and_does_not_count_the_stall_for_silent_clients(bool tls, int clients, params int[] seconds)
    {
        await using var gateway = await WatchedGateway.StartAsync(tls);
        await using (var crowd = await Crowd.ConnectAsync(gateway.Port, clients, heartbeat: SilentClients.Heartbeat))
        {
            await crowd.WaitForFramesAsync(1, TimeSpan.FromSeconds(30));
            for (var i = 0; i < seconds.Length; i++) await StopAsync(gateway, TimeSpan.FromSeconds(seconds[i]), stalls: i + 1);
            var received = crowd.Clients.Max(c => c.Frames);
            await crowd.WaitForFramesAsync(received, TimeSpan.FromSeconds(10));
            crowd.AssertAllOpen(SilentClients.Limit);
        }

        Print($"the canary waited {gateway.Canary.Answers.Max().TotalSeconds:0.00} s at most");
        await gateway.AssertRecoveredAsync();
    }

    private async Task StopAsync(WatchedGateway gateway, TimeSpan length, int stalls)
    {
        await using var before = await SilentClients.ConnectAsync(gateway.Port);
        await using var within = await SilentClients.ConnectAsync(gateway.Port);
        var timeouts = GatewayProcess.Metric(await gateway.Process.ScrapeAsync(), SilentClients.TimeoutsSeries);
        gateway.Process.Signal("STOP");
        long resumed;
        var stopped = _time.GetTimestamp();
        try
        {
            await Task.Delay(length / 2, _time);
            await within.PingAsync();
            await Task.Delay(length - _time.GetElapsedTime(stopped), _time);
        }
        finally
        {
            resumed = _time.GetTimestamp();
            gateway.Process.Signal("CONT");
        }

        // For a client that pinged during the stall, the silence begins at the end of the stall.
        await before.AssertClosedAsync(
            $"silent since before {length.TotalSeconds:0} s of stall", _time.GetElapsedTime(stopped, resumed), AtMostLate);
        await within.AssertClosedAsync(
            $"silent since a ping during {length.TotalSeconds:0} s of stall", client => _time.GetElapsedTime(client.LastSent, resumed), AtMostLate);
        var page = await gateway.Process.ReachesAsync(SilentClients.TimeoutsSeries, timeouts + (2 * SilentClients.Count));
        Assert.Equal(stalls, GatewayProcess.Metric(page, "heartbeatgateway_stalls_total"));
        Print($"{GatewayProcess.Metric(page, "heartbeatgateway_stall_seconds_total"):0.00} s of stall counted so far");
    }

    private static void Print(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
