using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Faults.Tests.Fleets;

/// <summary>Ten thousand clients lose their gateway: all reconnect, with jittered backoff. They wait for most of the time, so CI runs other tests beside them.</summary>
[Trait("Lane", "outage")]
public sealed class FleetTests
{
    private const int Clients = 10_000;

    /// <summary>How long the gateway is down: after the first minute there is a minute of retries at a steady rate.</summary>
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(130);

    /// <summary>The longest pause between two attempts is 60 s; connecting all clients takes additional time.</summary>
    private static readonly TimeSpan ToReconnect = TimeSpan.FromSeconds(100);

    [Fact]
    public async Task Reconnects_a_fleet_to_a_gateway_that_was_killed_and_restarted()
    {
        var (tcp, http) = (GatewayProcess.FreePort(), GatewayProcess.FreePort());
        await using var fleet = new Fleet(Clients, tcp);
        int killed;
        await using (var gateway = await StartAsync(tcp, http))
        {
            fleet.Start();
            await fleet.ReachAsync(Clients, ToReconnect);
            gateway.Signal("KILL");
            killed = fleet.Second;
            await fleet.ReachAsync(0, TimeSpan.FromSeconds(20));
        }

        await Task.Delay(Outage, TimeProvider.System, TestContext.Current.CancellationToken);
        var restarted = fleet.Second;
        await using var second = await StartAsync(tcp, http);
        await fleet.ReachAsync(Clients, ToReconnect);
        AssertSpread(fleet, killed + 60, restarted, seconds: 1);

        // A hello that names a session unknown to the new process counts as a reconnect.
        await second.ReachesAsync("heartbeatgateway_reconnects_total{identity=\"client\"}", Clients);
        var page = await second.ReachesAsync("heartbeatgateway_connected_clients", Clients);
        Assert.Equal(0, GatewayProcess.Metric(page, "heartbeatgateway_reconnects_total{identity=\"address\"}"));
        GatewayProcess.AssertBalanced(page);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"all {Clients} reconnected {fleet.Second - restarted} s after the restart; peak memory of all clients {Fleet.PeakMemory:0} MiB");
    }

    [Fact]
    public async Task Detects_a_stopped_gateway_at_the_limit_of_each_client_and_reconnects_when_it_resumes()
    {
        var (tcp, http) = (GatewayProcess.FreePort(), GatewayProcess.FreePort());
        await using var fleet = new Fleet(Clients, tcp);
        await using var gateway = await StartAsync(tcp, http);
        fleet.Start();
        await fleet.ReachAsync(Clients, ToReconnect);
        gateway.Signal("STOP");
        var stopped = fleet.Second;
        try
        {
            await fleet.ReachAsync(0, TimeSpan.FromSeconds(20));
            var pause = fleet.LongestPause(stopped, fleet.Second + 1);
            var silences = fleet.Silences.Order().ToList();
            Assert.Equal(Clients, silences.Count);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"dead gateway detected after {silences[0].TotalSeconds:0.000} to {silences[^1].TotalSeconds:0.000} s of silence, "
                + $"median {silences[Clients / 2].TotalSeconds:0.000} s; longest pause of this process {pause.TotalMilliseconds:0} ms");
            Assert.True(silences[0] >= TimeSpan.FromSeconds(10), $"The first client detected it after {silences[0]}.");
            var p99 = silences[Clients * 99 / 100];
            Assert.True(p99 < TimeSpan.FromSeconds(10.5) + pause, $"One in a hundred clients took {p99} or more.");
            await Task.Delay(Outage, TimeProvider.System, TestContext.Current.CancellationToken);
        }
        finally
        {
            gateway.Signal("CONT");
        }

        var resumed = fleet.Second;
        await fleet.ReachAsync(Clients, ToReconnect);
        // Connects to the stopped process are never answered. So a pause of this test process shows in the second after it.
        AssertSpread(fleet, stopped + 70, resumed, seconds: 2);
        var page = await gateway.ReachesAsync("heartbeatgateway_connected_clients", Clients, TimeSpan.FromSeconds(60));
        Assert.True(GatewayProcess.Metric(page, "heartbeatgateway_reconnects_total{identity=\"client\"}") >= Clients);
        // A busy machine may have caused an additional stall.
        Assert.True(GatewayProcess.Metric(page, "heartbeatgateway_stalls_total") >= 1);
        GatewayProcess.AssertBalanced(page);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"all {Clients} reconnected {fleet.Second - resumed} s after it resumed; peak memory of all clients {Fleet.PeakMemory:0} MiB");
    }

    private static Task<GatewayProcess> StartAsync(int tcp, int http) =>
        GatewayProcess.StartAsync(tcp, http, ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Warning"));

    /// <summary>
    /// No window of so many seconds has more than twice the mean number of attempts. Those that were due in a pause of this process are made after it: the
    /// window may have as many more as twice the mean allows for the pause. One that ended in the second before can still have an effect.
    /// </summary>
    private static void AssertSpread(Fleet fleet, int from, int to, int seconds)
    {
        var attempts = fleet.Attempts(from, to);
        var mean = attempts.Average();
        TestContext.Current.TestOutputHelper?.WriteLine($"{attempts.Sum()} attempts in {attempts.Count} s: mean {mean:0}, at most {attempts.Max()} in one second");
        Assert.True(mean > 0, "There were no attempts.");
        for (var first = 0; first + seconds <= attempts.Count; first++)
        {
            var most = attempts.Skip(first).Take(seconds).Sum();
            var pause = fleet.LongestPause(from + first - 1, from + first + seconds);
            Assert.True(
                most <= 2 * mean * (seconds + pause.TotalSeconds),
                $"There were {most} attempts in {seconds} s, with a pause of this process of {pause.TotalSeconds:0.00} s; the mean is {mean:0} a second.");
        }
    }
}
