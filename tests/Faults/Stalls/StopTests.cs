using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Stalls;

/// <summary>A gateway whose process stands still for a while, as on a suspended machine, while its clients go on.</summary>
public sealed class StopTests
{
    private const int Clients = 10_000;
    private static readonly TimeSpan AtMostLate = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = TimeProvider.System;

    [Fact]
    public async Task Whoever_pinged_on_is_kept_and_the_mute_have_their_limit_without_the_stall()
    {
        await using var gateway = await WatchedGateway.StartAsync();
        await using (var crowd = await Crowd.ConnectAsync(gateway.Process.EndPoint, Clients, heartbeat: SilentClients.Heartbeat))
        {
            await crowd.WaitForFramesAsync(1, TimeSpan.FromSeconds(30));
            await StopAsync(gateway, TimeSpan.FromSeconds(3), stalls: 1);
            await StopAsync(gateway, TimeSpan.FromSeconds(30), stalls: 2);
            var heard = crowd.Clients.Max(c => c.Frames);
            await crowd.WaitForFramesAsync(heard, TimeSpan.FromSeconds(10));
            crowd.AssertAllOpen(SilentClients.Limit);
        }

        Say($"the canary waited {gateway.Canary.Answers.Max().TotalSeconds:0.00} s at most");
        await gateway.AssertRecoveredAsync();
    }

    private async Task StopAsync(WatchedGateway gateway, TimeSpan length, int stalls)
    {
        await using var before = await SilentClients.ConnectAsync(gateway.Process.EndPoint);
        await using var within = await SilentClients.ConnectAsync(gateway.Process.EndPoint);
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

        // Whoever pinged within the stall is silent from its end on.
        await before.AssertClosedAsync($"mute before {length.TotalSeconds:0} s of stall", _time.GetElapsedTime(stopped, resumed), AtMostLate);
        await within.AssertClosedAsync($"mute within {length.TotalSeconds:0} s of stall", client => _time.GetElapsedTime(client.LastSent, resumed), AtMostLate);
        var page = await gateway.Process.ReachesAsync(SilentClients.TimeoutsSeries, timeouts + (2 * SilentClients.Count));
        Assert.Equal(stalls, GatewayProcess.Metric(page, "heartbeatgateway_stalls_total"));
        Say($"{GatewayProcess.Metric(page, "heartbeatgateway_stall_seconds_total"):0.00} s of stall counted so far");
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
