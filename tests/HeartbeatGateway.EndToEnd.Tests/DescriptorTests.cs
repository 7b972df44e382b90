using System.Net.Sockets;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>More connections than file descriptors: existing clients stay connected, and the process keeps the descriptors it needs.</summary>
public sealed class DescriptorTests
{
    [Theory]
    [InlineData(350, 500, "0")]
    [InlineData(350, 500, null)]
    [InlineData(1024, 1500, "0")]
    public async Task Connections_above_the_descriptor_limit_are_rejected_and_connected_clients_are_not_affected(int descriptors, int crowd, string? most)
    {
        var (tcpPort, httpPort) = (GatewayProcess.FreePort(), GatewayProcess.FreePort());
        // "0" means no configured limit, so the limit of the process applies. Null is the default.
        var environment = GatewayProcess.Environment(tcpPort, httpPort, ("Gateway__Admission__MaxConnections", most), ("Gateway__Heartbeat__ReaderIdle", "00:00:30"));
        await using var gateway = new ChildProcess("sh", ["-c", $"ulimit -n {descriptors}; exec dotnet \"$1\"", "sh", Repository.GatewayDll], environment);
        await gateway.SawAsync("GatewayStarted");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{httpPort}"), Timeout = TimeSpan.FromSeconds(10) };
        using var canary = await SocketClient.ConnectAsync(tcpPort);
        await canary.PingAsync();

        var connections = new List<Socket>();
        for (var i = 0; i < crowd; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            connections.Add(socket);
            try
            {
                await socket.ConnectAsync(System.Net.IPAddress.Loopback, tcpPort, TestContext.Current.CancellationToken);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // The gateway rejected the connection before connect returned.
            }
        }

        for (var i = 0; i < 5; i++)
        {
            await canary.PingAsync();
            using var live = await http.GetAsync(new Uri("/livez", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.True(live.IsSuccessStatusCode);
        }

        var page = await http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        var aboveDescriptors = GatewayProcess.Metric(page, """heartbeatgateway_connections_rejected_total{reason="limit_descriptors"}""");
        var aboveDefault = GatewayProcess.Metric(page, """heartbeatgateway_connections_rejected_total{reason="limit_total"}""");
        Assert.True(aboveDescriptors + aboveDefault > 0);
        Assert.True(most is null || aboveDefault == 0);
        connections.ForEach(c => c.Dispose());

        // The gateway accepts connections again.
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var late = await SocketClient.ConnectAsync(tcpPort);
                await late.PingAsync();
                break;
            }
            catch (Exception e) when (e is (SocketException or EndOfStreamException) && attempt < 100)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }

        await canary.PingAsync();
        gateway.Signal("TERM");
        Assert.Equal(0, await gateway.ExitCodeAsync());
        await gateway.SawAsync("EngineStopped");
    }
}
