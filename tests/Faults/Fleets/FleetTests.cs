using HeartbeatGateway.EndToEnd.Tests;

namespace HeartbeatGateway.Faults.Tests.Fleets;

/// <summary>Ten thousand clients whose gateway goes away: all come back, and not all at once.</summary>
public sealed class FleetTests
{
    private const int Clients = 10_000;

    /// <summary>How long the gateway is away: long enough for a minute of steady retries behind the first one.</summary>
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(130);

    /// <summary>The longest pause between two attempts is 60 s, and connecting takes its time.</summary>
    private static readonly TimeSpan AllBack = TimeSpan.FromSeconds(100);

    [Fact]
    public async Task A_fleet_comes_back_to_a_gateway_that_was_killed_and_started_again()
    {
        var (tcp, http) = (GatewayProcess.FreePort(), GatewayProcess.FreePort());
        await using var fleet = new Fleet(Clients, tcp);
        int killed;
        await using (var gateway = await StartAsync(tcp, http))
        {
            fleet.Start();
            await fleet.ReachAsync(Clients, AllBack);
            gateway.Signal("KILL");
            killed = fleet.Second;
            await fleet.ReachAsync(0, TimeSpan.FromSeconds(20));
        }

        await Task.Delay(Away, TimeProvider.System, TestContext.Current.CancellationToken);
        var restarted = fleet.Second;
        await using var second = await StartAsync(tcp, http);
        await fleet.ReachAsync(Clients, AllBack);
        AssertSpread(fleet.Attempts(killed + 60, restarted), seconds: 1);

        // Whoever names a session that the new process does not know has come back.
        await second.ReachesAsync("heartbeatgateway_reconnects_total{identity=\"client\"}", Clients);
        var page = await second.ReachesAsync("heartbeatgateway_connected_clients", Clients);
        Assert.Equal(0, GatewayProcess.Metric(page, "heartbeatgateway_reconnects_total{identity=\"address\"}"));
        GatewayProcess.AssertBalanced(page);
        TestContext.Current.TestOutputHelper?.WriteLine($"all {Clients} back {fleet.Second - restarted} s after the restart; peak memory of all clients {Fleet.PeakMemory:0} MiB");
    }

    [Fact]
    public async Task A_fleet_gives_up_a_gateway_that_stands_still_each_client_at_its_own_limit()
    {
        var (tcp, http) = (GatewayProcess.FreePort(), GatewayProcess.FreePort());
        await using var fleet = new Fleet(Clients, tcp);
        await using var gateway = await StartAsync(tcp, http);
        fleet.Start();
        await fleet.ReachAsync(Clients, AllBack);
        gateway.Signal("STOP");
        var stopped = fleet.Second;
        try
        {
            await fleet.ReachAsync(0, TimeSpan.FromSeconds(20));
            var silences = fleet.Silences.Order().ToList();
            Assert.Equal(Clients, silences.Count);
            TestContext.Current.TestOutputHelper?.WriteLine($"given up after {silences[0].TotalSeconds:0.000} to {silences[^1].TotalSeconds:0.000} s of silence, median {silences[Clients / 2].TotalSeconds:0.000} s");
            Assert.True(silences[0] >= TimeSpan.FromSeconds(10), $"The first gave up after {silences[0]}.");
            Assert.True(silences[Clients * 99 / 100] < TimeSpan.FromSeconds(10.5), $"One in a hundred took {silences[Clients * 99 / 100]} or more.");
            await Task.Delay(Away, TimeProvider.System, TestContext.Current.CancellationToken);
        }
        finally
        {
            gateway.Signal("CONT");
        }

        var resumed = fleet.Second;
        await fleet.ReachAsync(Clients, AllBack);
        // These wait for connects that nobody answers, so a pause of this process shows in the second after it.
        AssertSpread(fleet.Attempts(stopped + 70, resumed), seconds: 2);
        var page = await gateway.ReachesAsync("heartbeatgateway_connected_clients", Clients, TimeSpan.FromSeconds(60));
        Assert.True(GatewayProcess.Metric(page, "heartbeatgateway_reconnects_total{identity=\"client\"}") >= Clients);
        // A busy machine may have added one of its own.
        Assert.True(GatewayProcess.Metric(page, "heartbeatgateway_stalls_total") >= 1);
        GatewayProcess.AssertBalanced(page);
        TestContext.Current.TestOutputHelper?.WriteLine($"all {Clients} back {fleet.Second - resumed} s after it went on; peak memory of all clients {Fleet.PeakMemory:0} MiB");
    }

    private static Task<GatewayProcess> StartAsync(int tcp, int http) => GatewayProcess.StartAsync(tcp, http, ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Warning"));

    /// <summary>No second, or no so many in a row, holds more than twice the mean.</summary>
    private static void AssertSpread(IReadOnlyList<int> attempts, int seconds)
    {
        var mean = attempts.Average();
        TestContext.Current.TestOutputHelper?.WriteLine($"{attempts.Sum()} attempts in {attempts.Count} s: mean {mean:0}, at most {attempts.Max()} in one second");
        Assert.True(mean > 0, "There were no attempts.");
        var most = Enumerable.Range(0, attempts.Count - seconds + 1).Max(from => attempts.Skip(from).Take(seconds).Sum());
        Assert.True(most <= 2 * mean * seconds, $"{seconds} s held {most} attempts, the mean of one is {mean:0}.");
    }
}
