using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;
using HeartbeatGateway.Faults.Tests.Tls;

namespace HeartbeatGateway.Faults.Tests.Storms;

/// <summary>
/// Clients that connect and disconnect at once. They and the gateway take both processors, so that no other test runs beside them (Lane=alone).
/// </summary>
[Trait("Lane", "alone")]
public sealed class ChurnTests
{
    private const int Parallelism = 16;

    [Theory]
    [InlineData(false, 100_000)]
    [InlineData(true, 10_000, Traits = ["Transport", "tls"])]
    public async Task Releases_everything_of_connections_that_are_reset_at_once(bool tls, int connections)
    {
        NetworkNamespace.SkipUnlessAllowed();
        for (var tries = 1; ; tries++)
        {
            // When nothing is accepted for a third of a second, all clients find the queue full at once, and try again a second later. On two
            // processors, which the clients need as well, that happens at times. A gateway that accepts too slowly does it every second.
            var overflows = await ChurnAsync(tls, connections);
            if (overflows <= 3 * Parallelism) return;
            Assert.True(tries < 3, $"{overflows} connections found the accept queue full in the last of three tries.");
        }
    }

    /// <returns>The number of connections that found the accept queue full.</returns>
    private static async Task<long> ChurnAsync(bool tls, int connections)
    {
        using var network = new NetworkNamespace();
        await using var gateway = await WatchedGateway.StartAsync(
            new GatewayLaunch { Command = [.. network.Prefix, "dotnet", Repository.GatewayDll], Address = network.Address }, tls);
        var clientHello = tls ? await ClientHelloBytes.RecordAsync() : [];
        var opened = GatewayProcess.Metric(await gateway.Process.ScrapeAsync(), "heartbeatgateway_connections_opened_total");
        var lowest = double.MaxValue;
        using var stop = new CancellationTokenSource();
        var watching = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var page = await gateway.Process.ScrapeAsync();
                string[] gauges = ["heartbeatgateway_connected_clients", "heartbeatgateway_handshaking_connections", "heartbeatgateway_outbound_pending_bytes"];
                foreach (var gauge in gauges)
                {
                    lowest = Math.Min(lowest, GatewayProcess.Metric(page, gauge));
                }

                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        });
        await Parallel.ForAsync(0, connections, new ParallelOptions { MaxDegreeOfParallelism = Parallelism }, async (i, _) =>
        {
            // Every other connection sends a valid ping first; over TLS, a quarter ends without a byte, and a quarter during its handshake.
            using var client = i % 2 == 0 ? await gateway.Port.ConnectAsync() : await SocketClient.ConnectAsync(gateway.Process.EndPoint);
            if (i % 2 == 0) await client.SendAsync(SocketClient.PingNow);
            else if (tls && i % 4 == 1) await client.SendAsync(clientHello);
            client.Socket.LingerState = new System.Net.Sockets.LingerOption(enable: true, seconds: 0);
        });
        await stop.CancelAsync();
        await watching;
        Assert.True(lowest >= 0, $"A gauge was negative: {lowest}.");
        var overflows = network.TcpCounter("ListenOverflows");
        if (overflows == 0) await gateway.Process.ReachesAsync("heartbeatgateway_connections_opened_total", opened + connections);
        await gateway.AssertRecoveredAsync();
        // A connection that found the queue full may have been reset before the gateway could accept it.
        var all = GatewayProcess.Metric(await gateway.Process.ScrapeAsync(), "heartbeatgateway_connections_opened_total") - opened;
        Assert.InRange(all, connections - overflows, connections);
        return overflows;
    }
}
