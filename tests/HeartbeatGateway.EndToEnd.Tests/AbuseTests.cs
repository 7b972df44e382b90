using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>Hostile bytes over real sockets: the gateway does not crash, the connection counts add up, and another client is not affected.</summary>
public sealed class AbuseTests
{
    [Fact]
    public async Task After_hostile_input_of_every_kind_the_connection_counts_add_up_and_another_client_is_still_answered()
    {
        await using var gateway = await GatewayProcess.StartAsync();
        using var canary = await SocketClient.ConnectAsync(gateway.TcpPort);
        await canary.PingAsync();
        var series = SeriesOf(await gateway.ScrapeAsync());

        var random = new Random(20261122);
        const int Rounds = 1500;
        for (var i = 0; i < Rounds; i++)
        {
            using var client = await SocketClient.ConnectAsync(gateway.TcpPort);
            await client.SendAsync(Hostile(random, i));
            switch (i % 3)
            {
                case 0: client.Socket.LingerState = new LingerOption(enable: true, seconds: 0); break;
                case 1: client.Socket.Shutdown(SocketShutdown.Send); break;
                default: break;
            }

            if (i % 100 == 0) await canary.PingAsync();
        }

        var page = await gateway.ReachesAsync("heartbeatgateway_connections_opened_total", Rounds + 1);
        page = await gateway.ReachesAsync("heartbeatgateway_handshaking_connections", 0);
        page = await gateway.ReachesAsync("heartbeatgateway_connected_clients", 1);
        GatewayProcess.AssertBalanced(page);
        await canary.PingAsync();
        Assert.Equal(series, SeriesOf(page));
        Assert.DoesNotContain(gateway.Lines, l => l.Contains("internal_error", StringComparison.Ordinal));
        Assert.True(GatewayProcess.Metric(page, """heartbeatgateway_connections_closed_total{reason="bad_length"}""") > 0);
    }

    [Fact]
    public async Task A_hundred_thousand_frame_types_add_no_series_and_each_message_is_one_log_line()
    {
        await using var gateway = await GatewayProcess.StartAsync(("Gateway__Logging__AddressBurst", "200"), ("Gateway__Logging__AddressLinesPerSecond", "50"));
        using var client = await SocketClient.ConnectAsync(gateway.TcpPort);
        await client.PingAsync();
        var series = SeriesOf(await gateway.ScrapeAsync());
        var signer = TestSecrets.ClientKeyring().Keys[0].Named;
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        await client.SendAsync(signer.Encode("line\r\nbreak{X}\u001b[31m"u8, "one\r\ntwo {Y} \u001b[0m"u8.ToArray(), now));
        for (var i = 0; i < 1000; i++)
        {
            var batch = Enumerable.Range(i * 100, 100).SelectMany(n => signer.Encode(Encoding.ASCII.GetBytes($"type-{n}"), default, now).ToArray()).ToArray();
            await client.SendAsync(batch);
        }

        var page = await gateway.ReachesAsync("""heartbeatgateway_frames_total{direction="in",type="other"}""", 100_001);
        Assert.Equal(series, SeriesOf(page));
        var line = Assert.Single(gateway.Lines, l => l.Contains("line\\\\u000D", StringComparison.Ordinal));
        Assert.StartsWith("{", line, StringComparison.Ordinal);
        Assert.EndsWith("}", line, StringComparison.Ordinal);
        // Log lines that a peer can cause are throttled: here, 200 at once and 50 per second.
        Assert.InRange(gateway.Lines.Count, 1, 5000);
    }

    [Fact]
    public async Task Promtool_reports_no_problems_on_the_metrics_page()
    {
        var promtool = new[] { "/usr/bin/promtool", "/usr/local/bin/promtool" }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(promtool is null && System.Environment.GetEnvironmentVariable("CI") is null, "SKIPPED: promtool is missing; install Debian's prometheus");
        await using var gateway = await GatewayProcess.StartAsync();
        using var client = await SocketClient.ConnectAsync(gateway.TcpPort);
        await client.PingAsync();
        using var check = Process.Start(new ProcessStartInfo(promtool!, ["check", "metrics"]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        await check.StandardInput.WriteAsync(await gateway.ScrapeAsync());
        check.StandardInput.Close();
        Assert.Equal("", await check.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken) + await check.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
        await check.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, check.ExitCode);
    }

    private static byte[] Hostile(Random random, int round)
    {
        var ping = SocketClient.PingNow;
        switch (round % 8)
        {
            case 0: return [];
            case 1: return ping[..random.Next(1, ping.Length)];
            case 2: return [.. ping, .. ping[..random.Next(1, ping.Length)]];
            case 3:
                ping[random.Next(ping.Length)] ^= (byte)(1 << random.Next(8));
                return ping;
            case 4: return [0, 0, 0, 0x76, (byte)random.Next(128, 256), 0, 0, 0, .. ping[8..]];
            case 5: return "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray();
            case 6: return [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3];
            default:
                var noise = new byte[random.Next(1, 1000)];
                random.NextBytes(noise);
                return noise;
        }
    }

    private static int SeriesOf(string page) => page.Split('\n').Count(l => l.StartsWith("heartbeatgateway_", StringComparison.Ordinal));
}
