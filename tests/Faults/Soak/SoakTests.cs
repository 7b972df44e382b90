using System.Globalization;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Soak;

/// <summary>
/// A real gateway under all kinds of clients for hours: <c>SOAK_MINUTES=480 dotnet run --project tests/Faults -- -class "*SoakTests"
/// -showLiveOutput</c>. Without that variable it is a smoke test of less than a minute.
/// </summary>
public sealed class SoakTests
{
    private const double SmokeMinutes = 0.6;

    /// <summary>In a shorter run the slope shows only the warm-up.</summary>
    private const double SlopeFromMinutes = 60;

    /// <summary>
    /// The gateway keeps nothing for a client that has been disconnected for longer than the reconnect window, and everything it keeps is
    /// bounded. Uncollected garbage varies by some 20 MiB. Over the fitted time, at least an hour, that is at most a slope of this size.
    /// </summary>
    private const double MaxSlopeMiBPerHour = 8;

    [Fact]
    public async Task Keeps_well_behaved_clients_connected_and_memory_flat_under_all_kinds_of_clients()
    {
        var minutes = Environment.GetEnvironmentVariable("SOAK_MINUTES") is { Length: > 0 } text ? double.Parse(text, CultureInfo.InvariantCulture) : SmokeMinutes;
        var duration = TimeSpan.FromMinutes(minutes);
        var interval = TimeSpan.FromMinutes(Math.Min(1, minutes / 8));
        var (seed, began) = (Random.Shared.Next(), TimeProvider.System.GetTimestamp());
        await using var gateway = await WatchedGateway.StartAsync();
        await using var load = await SoakLoad.StartAsync(gateway.Process.EndPoint, seed);
        Write($"seed {seed}\n{SoakSample.Header}");
        var samples = new List<SoakSample>();
        for (var answers = 0; Elapsed() < duration; answers = gateway.Canary.Answers.Count)
        {
            await Task.Delay(interval, TimeProvider.System, TestContext.Current.CancellationToken);
            samples.Add(await SoakSample.TakeAsync(gateway, Elapsed().TotalSeconds, answers));
            Write($"{samples[^1]}");
        }

        // The first quarter is left out: warm-up, and the window in which the gateway remembers reconnects.
        var slope = SoakSample.Slope([.. samples.Skip(samples.Count / 4)]);
        await load.StopAsync();
        await load.DisposeAsync();
        await gateway.AssertRecoveredAsync();
        var page = await gateway.Process.ScrapeAsync();
        Write(FormattableString.Invariant($"{load.HostileStreams} hostile streams, {load.TimedOut} clients timed out, slope {slope:0.0} MiB/h"));
        Assert.Equal(load.TimedOut, GatewayProcess.Metric(page, """heartbeatgateway_timeouts_total{kind="reader_idle"}"""));
        Assert.Equal(0, GatewayProcess.Metric(page, """heartbeatgateway_timeouts_total{kind="frame"}"""));
        Assert.Equal(0, GatewayProcess.Metric(page, """heartbeatgateway_timeouts_total{kind="handshake"}"""));
        Assert.Equal(0, GatewayProcess.Metric(page, """heartbeatgateway_connections_closed_total{reason="internal_error"}"""));
        if (minutes >= SlopeFromMinutes) Assert.True(slope <= MaxSlopeMiBPerHour, $"Resident memory grows by {slope:0.0} MiB per hour.");

        TimeSpan Elapsed() => TimeProvider.System.GetElapsedTime(began);
    }

    private static void Write(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
