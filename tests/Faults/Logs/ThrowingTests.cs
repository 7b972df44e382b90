using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Logs;

/// <summary>A message sink that throws and a logger that throws, in the real service: neither closes a connection.</summary>
public sealed class ThrowingTests
{
    private const int Clients = 500;
    private const string FailedMessages = """heartbeatgateway_messages_total{outcome="failed"}""";

    private static readonly TimeSpan ToAnswer = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Counts_failed_messages_and_keeps_connections_when_the_sink_throws(bool loggerThrows)
    {
        await using var gateway = await StartAsync(loggerThrows);
        await using (var crowd = await Crowd.ConnectAsync(gateway.Process.EndPoint, Clients, (client, _) => client.SendFrameAsync("throw", "")))
        {
            foreach (var client in crowd.Clients) await client.PingAsync();
            await crowd.WaitForFramesAsync(frames: 1, ToAnswer);
            Assert.Empty(crowd.Disconnected);
            await gateway.Process.ReachesAsync(FailedMessages, Clients);
        }

        await gateway.AssertRecoveredAsync();
        await EndsAsync(gateway);
    }

    [Fact]
    public async Task Keeps_connections_timers_and_drain_working_when_the_logger_throws_at_every_line()
    {
        await using var gateway = await StartAsync(loggerThrows: true, ("Gateway__Draining__Duration", "00:00:02"), ("Gateway__Logging__AddressBurst", "50"), ("Gateway__Logging__AddressLinesPerSecond", "50"));
        // To cause log lines, clients connect, send hellos, take over sessions, send wrong tokens and invalid bytes, and become idle.
        await using (var crowd = await Crowd.ConnectAsync(gateway.Process.EndPoint, Clients, MisbehaveAsync))
        {
            // The wheel's thread logs a pause of the process. The housekeeping thread logs the number of suppressed lines ten seconds later.
            gateway.Process.Signal("STOP");
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
            gateway.Process.Signal("CONT");
            var page = await gateway.Process.ReachesAsync("""heartbeatgateway_timeouts_total{kind="handshake"}""", Clients / 5, TimeSpan.FromSeconds(30));
            Assert.Equal(1, GatewayProcess.Metric(page, "heartbeatgateway_stalls_total"));
            await gateway.Process.SawAsync("LogLinesSuppressed");
            await gateway.Process.ReachesAsync("heartbeatgateway_connected_clients", 1, TimeSpan.FromSeconds(30));
        }

        await gateway.AssertRecoveredAsync();
        var lost = await gateway.Process.MetricAsync("heartbeatgateway_log_lines_dropped_total");
        Assert.True(lost > 100, $"Only {lost} lines threw.");
        Assert.Equal(0, await gateway.Process.MetricAsync("""heartbeatgateway_connections_closed_total{reason="internal_error"}"""));
        TestContext.Current.TestOutputHelper?.WriteLine($"{lost} lines threw");
        await EndsAsync(gateway);
        await gateway.Process.SawAsync("EngineStopped");
    }

    private static Task<WatchedGateway> StartAsync(bool loggerThrows, params (string Name, string? Value)[] settings) => WatchedGateway.StartFaultHostAsync(
        [("FAULT_LOGGER", loggerThrows ? "throws" : null), ("Serilog__MinimumLevel__Override__HeartbeatGateway.Server", "Information"), .. settings]);

    private static Task MisbehaveAsync(CrowdClient client, int i) => (i % 5) switch
    {
        0 => client.SendFrameAsync("hello", $$"""{"clientId":"c-{{i % 50}}","instance":"i{{i}}","attempt":1,"nonce":"nonce-of-client-{{i}}"}"""),
        1 => client.SendAsync(new byte[200]),
        2 => client.SendAsync((byte[])[.. SocketClient.PingNow[..60], .. new byte[98]]),
        3 => client.PingAsync(),
        _ => Task.CompletedTask,
    };

    private static async Task EndsAsync(WatchedGateway gateway)
    {
        gateway.Process.Signal("TERM");
        Assert.Equal(0, await gateway.Process.ExitCodeAsync(TimeSpan.FromSeconds(15)));
    }
}
