using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Logs;

/// <summary>What reads the log, or does not, is nothing to the clients.</summary>
public sealed class StandardOutputTests
{
    private const int Clients = 1_000;

    /// <summary>Each round has at least one line for each client at Debug, so that a pipe and a queue of 8,192 lines are full long before the end.</summary>
    private const int Rounds = 12;
    private const string Dropped = "heartbeatgateway_log_lines_dropped_total";

    private static readonly TimeSpan ToAnswer = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_reader_that_stands_still_holds_up_nobody_and_gets_lines_again_when_it_goes_on()
    {
        await using var gateway = await StartAsync("Debug");
        gateway.Process.StopReading();
        await ConnectAndCloseAsync(gateway);
        var dropped = await gateway.Process.MetricAsync(Dropped);
        Assert.True(dropped > 0, "No line was dropped: the reader was not in the way.");
        await gateway.AssertRecoveredAsync();
        Report(gateway, dropped);

        var seen = gateway.Process.Lines.Count;
        gateway.Process.ReadOn();
        // The oldest lines were kept; behind them come those of whatever happens from now on.
        await gateway.Process.SawAsync("\"@m\"", seen);
        await gateway.Process.ReachesAsync("heartbeatgateway_handshaking_connections", 0);
        await DropsNoMoreAsync(gateway);
        await EndsAsync(gateway);
        Assert.Contains(gateway.Process.Lines, l => l.Contains("EngineStopped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reader_that_stands_still_does_not_hold_up_the_end()
    {
        await using var gateway = await StartAsync("Debug");
        gateway.Process.StopReading();
        await ConnectAndCloseAsync(gateway);
        Assert.True(await gateway.Process.MetricAsync(Dropped) > 0, "No line was dropped: the reader was not in the way.");
        await EndsAsync(gateway);
    }

    [Fact]
    public async Task Without_any_reader_all_goes_on_and_the_lines_are_counted_as_lost()
    {
        await using var gateway = await StartAsync("Debug");
        gateway.Process.CloseOutput();
        await ConnectAndCloseAsync(gateway);
        var dropped = await gateway.Process.MetricAsync(Dropped);
        Assert.True(dropped >= Clients * (Rounds - 2), $"Only {dropped} lines were counted as lost.");
        await gateway.AssertRecoveredAsync();
        Report(gateway, dropped);
        await EndsAsync(gateway);
    }

    [Fact]
    public async Task Clients_that_come_and_go_cannot_flood_the_log()
    {
        await using var gateway = await StartAsync("Information");
        var (before, began) = (gateway.Process.Lines.Count, TimeProvider.System.GetTimestamp());
        await ConnectAndCloseAsync(gateway);
        await gateway.AssertRecoveredAsync();
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        var lines = gateway.Process.Lines.Count - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{lines} lines in {seconds:0.0} s from {Clients * Rounds} connections");
        // 200 at once, 50 a second after that, and one each ten seconds that tells how many were left out.
        Assert.InRange(lines, 200, 200 + (50 * seconds) + (seconds / 10) + 2);
        Assert.Equal(0, await gateway.Process.MetricAsync(Dropped));
        await gateway.Process.SawAsync("LogLinesSuppressed", before);
        await EndsAsync(gateway);
    }

    private static Task<WatchedGateway> StartAsync(string level) => WatchedGateway.StartAsync(
        ("Serilog__MinimumLevel__Default", level), ("Serilog__MinimumLevel__Override__HeartbeatGateway.Connections", level), ("Serilog__MinimumLevel__Override__Microsoft", "Warning"));

    /// <summary>Clients connect, ping, are all answered, and leave; half of them with a reset.</summary>
    private static async Task ConnectAndCloseAsync(WatchedGateway gateway)
    {
        for (var round = 0; round < Rounds; round++)
        {
            await using var crowd = await Crowd.ConnectAsync(gateway.Process.EndPoint, Clients);
            await crowd.WaitForFramesAsync(frames: 1, ToAnswer);
            Assert.Empty(crowd.Disconnected);
            foreach (var client in crowd.Clients.Where((_, i) => i % 2 == 0)) client.Reset();
        }
    }

    /// <summary>Lines get through again: nothing is lost of what happens now.</summary>
    private static async Task DropsNoMoreAsync(WatchedGateway gateway)
    {
        var before = await gateway.Process.MetricAsync(Dropped);
        var from = gateway.Process.Lines.Count;
        using (var client = await SocketClient.ConnectAsync(gateway.Process.EndPoint)) await client.PingAsync();
        await gateway.Process.SawAsync("peer_closed", from);
        Assert.Equal(before, await gateway.Process.MetricAsync(Dropped));
    }

    private static async Task EndsAsync(WatchedGateway gateway)
    {
        gateway.Process.Signal("TERM");
        // Nothing is drained here; two seconds are given to the last lines, and some to the rest of the host.
        Assert.Equal(0, await gateway.Process.ExitCodeAsync(TimeSpan.FromSeconds(10)));
    }

    private static void Report(WatchedGateway gateway, double dropped) =>
        TestContext.Current.TestOutputHelper?.WriteLine($"{dropped} lines dropped; slowest answer to the canary {gateway.Canary.Answers.Max().TotalMilliseconds:0} ms of {gateway.Canary.Answers.Count}");
}
