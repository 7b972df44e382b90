using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Logs;

/// <summary>A log reader that is slow, stopped or missing does not affect clients.</summary>
public sealed class StandardOutputTests
{
    private const int Clients = 1_000;

    /// <summary>
    /// At Debug each round writes at least one line for each client. So the pipe and the queue of 8,192 lines are full long before
    /// the last round.
    /// </summary>
    private const int Rounds = 12;
    private const string Dropped = "heartbeatgateway_log_lines_dropped_total";

    private static readonly TimeSpan ToAnswer = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Keeps_serving_clients_while_the_log_reader_is_stopped_and_writes_again_when_it_resumes()
    {
        await using var gateway = await StartAsync("Debug");
        gateway.Process.StopReading();
        await ConnectAndCloseAsync(gateway);
        var dropped = await gateway.Process.MetricAsync(Dropped);
        Assert.True(dropped > 0, "No line was dropped: the stopped reader had no effect.");
        await gateway.AssertRecoveredAsync();
        Report(gateway, dropped);

        var seen = gateway.Process.Lines.Count;
        gateway.Process.ReadOn();
        // The queue kept the oldest lines; new lines follow them.
        await gateway.Process.SawAsync("\"@m\"", seen);
        await gateway.Process.ReachesAsync("heartbeatgateway_handshaking_connections", 0);
        await DropsNoMoreAsync(gateway);
        await EndsAsync(gateway);
        Assert.Contains(gateway.Process.Lines, l => l.Contains("EngineStopped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stops_in_time_while_the_log_reader_is_stopped()
    {
        await using var gateway = await StartAsync("Debug");
        gateway.Process.StopReading();
        await ConnectAndCloseAsync(gateway);
        Assert.True(await gateway.Process.MetricAsync(Dropped) > 0, "No line was dropped: the stopped reader had no effect.");
        await EndsAsync(gateway);
    }

    [Fact]
    public async Task Keeps_serving_clients_without_a_log_reader_and_counts_the_dropped_lines()
    {
        await using var gateway = await StartAsync("Debug");
        gateway.Process.CloseOutput();
        await ConnectAndCloseAsync(gateway);
        var dropped = await gateway.Process.MetricAsync(Dropped);
        Assert.True(dropped >= Clients * (Rounds - 2), $"Only {dropped} lines were counted as dropped.");
        await gateway.AssertRecoveredAsync();
        Report(gateway, dropped);
        await EndsAsync(gateway);
    }

    [Fact]
    public async Task Throttles_the_log_lines_of_clients_that_connect_and_disconnect()
    {
        await using var gateway = await StartAsync("Information", ("Gateway__Logging__AddressBurst", "200"), ("Gateway__Logging__AddressLinesPerSecond", "50"));
        var (before, began) = (gateway.Process.Lines.Count, TimeProvider.System.GetTimestamp());
        await ConnectAndCloseAsync(gateway);
        await gateway.AssertRecoveredAsync();
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        var lines = gateway.Process.Lines.Count - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{lines} lines in {seconds:0.0} s from {Clients * Rounds} connections");
        // A burst of 200 lines, then 50 a second, and every ten seconds one line with the number of suppressed lines.
        Assert.InRange(lines, 200, 200 + (50 * seconds) + (seconds / 10) + 2);
        Assert.Equal(0, await gateway.Process.MetricAsync(Dropped));
        await gateway.Process.SawAsync("LogLinesSuppressed", before);
        await EndsAsync(gateway);
    }

    private static Task<WatchedGateway> StartAsync(string level, params (string Name, string? Value)[] settings) => WatchedGateway.StartAsync(
        [("Serilog__MinimumLevel__Default", level), ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", level),
        ("Serilog__MinimumLevel__Override__Microsoft", "Warning"), .. settings]);

    /// <summary>Clients connect, ping, are answered, and disconnect; half of them with a reset.</summary>
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

    /// <summary>The writer has caught up: no new line is dropped.</summary>
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
        // There are no clients to drain. The last lines get two seconds; the rest is for stopping the host.
        Assert.Equal(0, await gateway.Process.ExitCodeAsync(TimeSpan.FromSeconds(10)));
    }

    private static void Report(WatchedGateway gateway, double dropped) =>
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{dropped} lines dropped; slowest of {gateway.Canary.Answers.Count} answers to the canary {gateway.Canary.Answers.Max().TotalMilliseconds:0} ms");
}
