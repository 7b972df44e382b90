using System.Globalization;
using System.Text.Json;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Stalls;

/// <summary>
/// A gateway whose wall clock is set an hour forward and an hour back while its clients send heartbeats. Idle timeouts use the monotonic
/// clock, which cannot be set. No other test runs beside this one (Lane=alone): no client may be closed late, and the gateway may not pause.
/// </summary>
[Trait("Lane", "alone")]
public sealed class ClockTests
{
    private const int Clients = 500;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan AtMostLate = TimeSpan.FromMilliseconds(500);

    private readonly TimeProvider _time = TimeProvider.System;

    [Fact]
    public async Task Closes_no_client_and_moves_no_idle_timeout_when_the_wall_clock_is_set()
    {
        using var clock = await ShiftedClock.BuildAsync();
        // Without dates in tokens: the gateway rejects a client whose clock is an hour off by design; the next test shows that.
        await using var gateway = await WatchedGateway.StartAsync([("Gateway__Tokens__Scheme", "none"), .. clock.Settings]);
        await using (var crowd = await Crowd.ConnectAsync(gateway.Process.EndPoint, Clients, heartbeat: SilentClients.Heartbeat))
        {
            await crowd.WaitForFramesAsync(1, TimeSpan.FromSeconds(20));
            // The clock is set while some clients are silent, and their idle timeout falls after that.
            var silent = new List<Task>();
            foreach (var shift in new[] { Hour, -Hour, TimeSpan.Zero })
            {
                silent.Add(AssertSilentClosedAsync(gateway, $"silent while the clock is shifted to {shift}"));
                await Task.Delay(TimeSpan.FromSeconds(3), _time);
                clock.By = shift;
                await AssertDateAsync(gateway.Process, clock);
            }

            await Task.WhenAll(silent);
            crowd.AssertAllOpen(SilentClients.Limit);
        }

        await gateway.AssertRecoveredAsync();
        var page = await gateway.Process.ReachesAsync(SilentClients.TimeoutsSeries, 3 * SilentClients.Count);
        Assert.Equal(0, GatewayProcess.Metric(page, "heartbeatgateway_stalls_total"));
        Assert.Equal(3 * SilentClients.Count, Timeouts(page));
        // No interval between two heartbeats is an hour long or negative.
        var intervals = GatewayProcess.Metric(page, "heartbeatgateway_heartbeat_interval_seconds_count");
        Assert.Equal(intervals, GatewayProcess.Metric(page, """heartbeatgateway_heartbeat_interval_seconds_bucket{le="10"}"""));
        Assert.InRange(GatewayProcess.Metric(page, "heartbeatgateway_heartbeat_interval_seconds_sum"), 0, 10 * intervals);
    }

    [Fact]
    public async Task Tells_clients_with_another_date_the_server_time_and_closes_silent_clients_at_their_idle_timeout()
    {
        using var clock = await ShiftedClock.BuildAsync();
        await using var gateway = await GatewayProcess.StartAsync([.. clock.Settings]);
        await using var crowd = await Crowd.ConnectAsync(gateway.EndPoint, 10);
        await crowd.WaitForFramesAsync(1, TimeSpan.FromSeconds(20));
        await using var silent = await SilentClients.ConnectAsync(gateway.EndPoint);
        clock.By = Hour;
        await AssertDateAsync(gateway, clock);
        foreach (var client in crowd.Clients)
        {
            await client.PingAsync();
            await client.Ended.WaitAsync(TimeSpan.FromSeconds(5), _time);
            var (type, content) = client.LastFrame!.Value;
            using var close = JsonDocument.Parse(content);
            Assert.Equal(
                ("close", "token_expired", true),
                (type, close.RootElement.GetProperty("reason").GetString(), close.RootElement.GetProperty("retry").GetBoolean()));
            AssertNear(clock.Now, close.RootElement.GetProperty("serverTime").GetDateTimeOffset());
            Assert.Equal(43, close.RootElement.GetProperty("inReplyTo").GetString()!.Length);
        }

        await silent.AssertClosedAsync("silent while the clock is set", TimeSpan.Zero, AtMostLate);
        var page = await gateway.ReachesAsync(SilentClients.TimeoutsSeries, SilentClients.Count);
        Assert.Equal(crowd.Clients.Count, GatewayProcess.Metric(page, """heartbeatgateway_connections_closed_total{reason="token_expired"}"""));
        GatewayProcess.AssertBalanced(await gateway.ReachesAsync("heartbeatgateway_connected_clients", 0));
    }

    private static async Task AssertSilentClosedAsync(WatchedGateway gateway, string label)
    {
        await using var silent = await SilentClients.ConnectAsync(gateway.Process.EndPoint);
        await silent.AssertClosedAsync(label, TimeSpan.Zero, AtMostLate);
    }

    /// <summary>Fails unless the gateway uses the wall clock that the test has set.</summary>
    private async Task AssertDateAsync(GatewayProcess gateway, ShiftedClock clock)
    {
        // The gateway's HTTP server updates its Date header once a second.
        await Task.Delay(TimeSpan.FromSeconds(1.5), _time);
        using var health = await gateway.Http.GetAsync(new Uri("/healthz", UriKind.Relative));
        AssertNear(clock.Now, health.Headers.Date!.Value);
        Assert.True(health.IsSuccessStatusCode, await health.Content.ReadAsStringAsync());
    }

    private static void AssertNear(DateTimeOffset expected, DateTimeOffset date) =>
        Assert.True((date - expected).Duration() < TimeSpan.FromSeconds(5), $"The gateway's date is {date:u}, not {expected:u}.");

    private static double Timeouts(string page) => page.Split('\n').Where(l => l.StartsWith("heartbeatgateway_timeouts_total{", StringComparison.Ordinal))
        .Sum(l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
}
