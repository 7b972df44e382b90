using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Stalls;

/// <summary>A gateway that gets a small share of one processor, as a container with a limit does.</summary>
public sealed class QuotaTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AtMostLate = TimeSpan.FromSeconds(3);

    private readonly TimeProvider _time = TimeProvider.System;

    [Fact]
    public async Task Ten_thousand_clients_are_kept_for_a_minute_on_a_fifth_of_a_processor_and_the_mute_are_found()
    {
        ControlGroup.SkipUnlessAllowed("cpu");
        await using var gateway = await WatchedGateway.StartAsync();
        using (var share = ControlGroup.OfProcessor(0.2))
        {
            share.Add(gateway.Process.Id);
            await using var crowd = await ConnectAsync(gateway, 10_000);
            var silent = new List<Task>();
            var (began, used) = (_time.GetTimestamp(), gateway.ProcessorTime);
            while (_time.GetElapsedTime(began) < Minute)
            {
                silent.Add(AssertSilentClosedAsync(gateway, $"mute from second {_time.GetElapsedTime(began).TotalSeconds:0} on"));
                await Task.Delay(TimeSpan.FromSeconds(5), _time);
            }

            await Task.WhenAll(silent);
            Say($"{(gateway.ProcessorTime - used) / _time.GetElapsedTime(began):P1} of a processor used; the canary waited {gateway.Canary.Answers.Max().TotalSeconds:0.00} s at most");
            crowd.AssertAllOpen(SilentClients.Limit);
        }

        await AssertNobodyTimedOutInHandshakeAsync(gateway);
        await gateway.AssertRecoveredAsync();
    }

    /// <summary>A storm on much less than it takes: it lasts, but whoever goes on pinging is answered and kept.</summary>
    [Theory]
    [InlineData(12_000, 0.2)]
    [InlineData(3_000, 0.02)]
    public async Task Who_connects_in_a_storm_and_pings_in_time_is_answered_and_kept(int clients, double share)
    {
        ControlGroup.SkipUnlessAllowed("cpu");
        await using var gateway = await WatchedGateway.StartAsync();
        using (var group = ControlGroup.OfProcessor(share))
        {
            group.Add(gateway.Process.Id);
            await using var crowd = await ConnectAsync(gateway, clients);
            await Task.Delay(SilentClients.Limit, _time);
            crowd.AssertAllOpen(SilentClients.Limit);
            Say($"the canary waited {gateway.Canary.Answers.Max().TotalSeconds:0.00} s at most");
        }

        await AssertNobodyTimedOutInHandshakeAsync(gateway);
        await gateway.AssertRecoveredAsync();
    }

    /// <summary>All connect at once and ping from then on; completes when each has been answered.</summary>
    private async Task<Crowd> ConnectAsync(WatchedGateway gateway, int clients)
    {
        var (began, used) = (_time.GetTimestamp(), gateway.ProcessorTime);
        var crowd = await Crowd.ConnectAsync(gateway.Process.EndPoint, clients, heartbeat: SilentClients.Heartbeat);
        Say($"{clients} clients connected after {_time.GetElapsedTime(began).TotalSeconds:0.0} s");
        await crowd.WaitForFramesAsync(1, TimeSpan.FromSeconds(60));
        Say($"all were answered after {_time.GetElapsedTime(began).TotalSeconds:0.0} s, of which the gateway had a processor for {(gateway.ProcessorTime - used).TotalSeconds:0.00} s");
        return crowd;
    }

    private static async Task AssertSilentClosedAsync(WatchedGateway gateway, string who)
    {
        await using var silent = await SilentClients.ConnectAsync(gateway.Process.EndPoint);
        await silent.AssertClosedAsync(who, TimeSpan.Zero, AtMostLate);
    }

    private static async Task AssertNobodyTimedOutInHandshakeAsync(WatchedGateway gateway)
    {
        var page = await gateway.Process.ScrapeAsync();
        Assert.Equal(0, GatewayProcess.Metric(page, """heartbeatgateway_connections_closed_total{reason="handshake_timeout"}"""));
        Say($"{GatewayProcess.Metric(page, "heartbeatgateway_stalls_total"):0} stalls, {GatewayProcess.Metric(page, "heartbeatgateway_stall_seconds_total"):0.0} s");
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
