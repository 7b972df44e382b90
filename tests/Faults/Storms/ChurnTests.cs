using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Storms;

/// <summary>Clients that connect and disconnect at once.</summary>
public sealed class ChurnTests
{
    private const int Connections = 100_000;

    [Fact]
    public async Task Releases_everything_of_a_hundred_thousand_connections_that_are_reset_at_once()
    {
        NetworkNamespace.SkipUnlessAllowed();
        using var network = new NetworkNamespace();
        await using var gateway = await WatchedGateway.StartAsync(
            new GatewayLaunch { Command = [.. network.Prefix, "dotnet", Repository.GatewayDll], Address = network.Address });
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
        await Parallel.ForAsync(0, Connections, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            using var client = await SocketClient.ConnectAsync(gateway.Process.EndPoint);
            // Every other connection sends a valid ping first.
            if (i % 2 == 0) await client.SendAsync(SocketClient.PingNow);
            client.Socket.LingerState = new System.Net.Sockets.LingerOption(enable: true, seconds: 0);
        });
        await stop.CancelAsync();
        await watching;
        Assert.True(lowest >= 0, $"A gauge was negative: {lowest}.");
        Assert.Equal(0, network.TcpCounter("ListenOverflows"));
        await gateway.Process.ReachesAsync("heartbeatgateway_connections_opened_total", opened + Connections);
        await gateway.AssertRecoveredAsync();
    }
}
