using System.Globalization;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Soak;

/// <summary>
/// A real gateway under clients of every sort for hours: <c>SOAK_MINUTES=480 dotnet run --project tests/Faults -- -class "*SoakTests"
/// -showLiveOutput</c>. Without that variable it is a smoke test of less than a minute.
/// </summary>
public sealed class SoakTests
{
    private const double SmokeMinutes = 0.6;

    /// <summary>Below this time a slope tells of warming up alone.</summary>
    private const double SlopeFromMinutes = 60;

    /// <summary>
    /// Nothing is kept for a client that is gone for longer than the reconnect window, and all that is kept is bounded; what the collector
    /// leaves lying about goes up and down by some 20 MiB, which over the hour that is fitted at least is a slope of this size at most.
    /// </summary>
    private const double MaxSlopeMiBPerHour = 8;

    [Fact]
    public async Task Clients_of_every_sort_for_hours()
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

        // The first quarter is warm-up, and the window in which reconnects are remembered.
        var slope = SoakSample.Slope([.. samples.Skip(samples.Count / 4)]);
        await load.StopAsync();
        await load.DisposeAsync();
        await gateway.AssertRecoveredAsync();
        var page = await gateway.Process.ScrapeAsync();
        Write(FormattableString.Invariant($"{load.HostileStreams} hostile streams, {load.CutOff} clients cut off, slope {slope:0.0} MiB/h"));
        Assert.Equal(load.CutOff, GatewayProcess.Metric(page, """heartbeatgateway_timeouts_total{kind="reader_idle"}"""));
        Assert.Equal(0, GatewayProcess.Metric(page, """heartbeatgateway_timeouts_total{kind="frame"}"""));
        Assert.Equal(0, GatewayProcess.Metric(page, """heartbeatgateway_timeouts_total{kind="handshake"}"""));
        Assert.Equal(0, GatewayProcess.Metric(page, """heartbeatgateway_connections_closed_total{reason="internal_error"}"""));
        if (minutes >= SlopeFromMinutes) Assert.True(slope <= MaxSlopeMiBPerHour, $"Resident memory rises by {slope:0.0} MiB an hour.");

        TimeSpan Elapsed() => TimeProvider.System.GetElapsedTime(began);
    }

    private static void Write(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
