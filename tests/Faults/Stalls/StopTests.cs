using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Stalls;

/// <summary>A gateway process that is stopped for a while, as on a suspended machine, while its clients keep sending.</summary>
public sealed class StopTests
{
    private const int Tries = 3;
    private const string Stalls = "heartbeatgateway_stalls_total";
    private const string StallSeconds = "heartbeatgateway_stall_seconds_total";
    private static readonly TimeSpan AtMostLate = TimeSpan.FromSeconds(1);

    /// <summary>How much less than the measured stop the gateway may count: a signal takes a moment to arrive.</summary>
    private static readonly TimeSpan ToArrive = TimeSpan.FromMilliseconds(50);

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
            foreach (var length in seconds)
            {
                // A busy machine can make the gateway pause once more, or close late. It does so rarely, and what is wrong is wrong in each try.
                for (var tries = 1; !await StopAsync(gateway, TimeSpan.FromSeconds(length)); tries++)
                    Assert.True(tries < Tries, $"In each of {Tries} tries with a stop of {length} s the gateway counted more than the stop, or closed clients late.");
            }

            var received = crowd.Clients.Max(c => c.Frames);
            await crowd.WaitForFramesAsync(received, TimeSpan.FromSeconds(10));
            crowd.AssertAllOpen(SilentClients.Limit);
        }

        Print($"the canary waited {gateway.Canary.Answers.Max().TotalSeconds:0.00} s at most");
        await gateway.AssertRecoveredAsync();
    }

    /// <returns>
    /// False when the gateway counted more than the stop, or closed silent clients late: then the try proves only that it counted the stop and closed none early.
    /// </returns>
    private async Task<bool> StopAsync(WatchedGateway gateway, TimeSpan length)
    {
        var first = await gateway.Process.ScrapeAsync();
        await using var before = await SilentClients.ConnectAsync(gateway.Port);
        await using var within = await SilentClients.ConnectAsync(gateway.Port);
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

        await Task.WhenAll(before.EndedAsync(), within.EndedAsync());
        var page = await gateway.Process.ReachesAsync(
            SilentClients.TimeoutsSeries, GatewayProcess.Metric(first, SilentClients.TimeoutsSeries) + (2 * SilentClients.Count));
        var stop = _time.GetElapsedTime(stopped, resumed);
        var stalls = GatewayProcess.Metric(page, Stalls) - GatewayProcess.Metric(first, Stalls);
        var stalled = TimeSpan.FromSeconds(GatewayProcess.Metric(page, StallSeconds) - GatewayProcess.Metric(first, StallSeconds));
        Print($"{stalls} stalls of {stalled.TotalSeconds:0.00} s counted for a stop of {stop.TotalSeconds:0.00} s");
        Assert.True(stalls >= 1, "No stall was counted.");
        Assert.True(stalled >= stop - ToArrive, $"Only {stalled} was counted.");

        // For a client that pinged during the stall, the silence begins at the end of the stall.
        var late = new[]
        {
            await before.AssertNotEarlyAsync($"silent since before {length.TotalSeconds:0} s of stall", _ => stop),
            await within.AssertNotEarlyAsync(
                $"silent since a ping during {length.TotalSeconds:0} s of stall", client => _time.GetElapsedTime(client.LastSent, resumed)),
        };
        return stalls.Equals(1.0) && stalled - stop <= AtMostLate && late.Max() <= AtMostLate;
    }

    private static void Print(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
