using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Stalls;

/// <summary>A gateway with a small share of one processor, as in a container with a CPU limit.</summary>
public sealed class QuotaTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AtMostLate = TimeSpan.FromSeconds(3);

    private readonly TimeProvider _time = TimeProvider.System;

    [Fact]
    public async Task Keeps_ten_thousand_clients_and_closes_silent_clients_on_a_fifth_of_a_processor()
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
                silent.Add(AssertSilentClosedAsync(gateway, $"silent from second {_time.GetElapsedTime(began).TotalSeconds:0} on"));
                await Task.Delay(TimeSpan.FromSeconds(5), _time);
            }

            await Task.WhenAll(silent);
            Print(
                $"{(gateway.ProcessorTime - used) / _time.GetElapsedTime(began):P1} of a processor used; "
                + $"the canary waited {gateway.Canary.Answers.Max().TotalSeconds:0.00} s at most");
            crowd.AssertAllOpen(SilentClients.Limit);
        }

        await AssertNoHandshakeTimeoutAsync(gateway);
        await gateway.AssertRecoveredAsync();
    }

    /// <summary>
    /// A connect storm on much less processor time than it needs: it takes long, but every client that keeps sending pings is answered and
    /// stays connected.
    /// </summary>
    [Theory]
    [InlineData(12_000, 0.2, false)]
    [InlineData(3_000, 0.02, false)]
    [InlineData(500, 0.2, true, Traits = ["Transport", "tls"])]
    public async Task Answers_and_keeps_every_client_of_a_connect_storm_that_pings_in_time(int clients, double share, bool tls)
    {
        ControlGroup.SkipUnlessAllowed("cpu");
        await using var gateway = await WatchedGateway.StartAsync(tls);
        using (var group = ControlGroup.OfProcessor(share))
        {
            group.Add(gateway.Process.Id);
            await using var crowd = await ConnectAsync(gateway, clients);
            await Task.Delay(SilentClients.Limit, _time);
            crowd.AssertAllOpen(SilentClients.Limit);
            Print($"the canary waited {gateway.Canary.Answers.Max().TotalSeconds:0.00} s at most");
        }

        await AssertNoHandshakeTimeoutAsync(gateway);
        await gateway.AssertRecoveredAsync();
    }

    /// <summary>Connects all clients at once, which then send heartbeats; completes when each has been answered.</summary>
    private async Task<Crowd> ConnectAsync(WatchedGateway gateway, int clients)
    {
        var (began, used) = (_time.GetTimestamp(), gateway.ProcessorTime);
        var crowd = await Crowd.ConnectAsync(gateway.Port, clients, heartbeat: SilentClients.Heartbeat);
        Print($"{clients} clients connected after {_time.GetElapsedTime(began).TotalSeconds:0.0} s");
        await crowd.WaitForFramesAsync(1, TimeSpan.FromSeconds(60));
        Print(
            $"all were answered after {_time.GetElapsedTime(began).TotalSeconds:0.0} s; "
            + $"the gateway used {(gateway.ProcessorTime - used).TotalSeconds:0.00} s of processor time");
        return crowd;
    }

    private static async Task AssertSilentClosedAsync(WatchedGateway gateway, string label)
    {
        await using var silent = await SilentClients.ConnectAsync(gateway.Port);
        await silent.AssertClosedAsync(label, TimeSpan.Zero, AtMostLate);
    }

    private static async Task AssertNoHandshakeTimeoutAsync(WatchedGateway gateway)
    {
        var page = await gateway.Process.ScrapeAsync();
        Assert.Equal(0, GatewayProcess.Metric(page, """heartbeatgateway_connections_closed_total{reason="handshake_timeout"}"""));
        var stalls = GatewayProcess.Metric(page, "heartbeatgateway_stalls_total");
        Print($"{stalls:0} stalls, {GatewayProcess.Metric(page, "heartbeatgateway_stall_seconds_total"):0.0} s");
    }

    private static void Print(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
