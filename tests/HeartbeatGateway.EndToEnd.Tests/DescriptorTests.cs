using System.Net.Sockets;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>More clients than descriptors: those that are there live on, and the process keeps what it needs for itself.</summary>
public sealed class DescriptorTests
{
    [Theory]
    [InlineData(300, 500, "0")]
    [InlineData(300, 500, null)]
    [InlineData(1024, 1500, "0")]
    public async Task A_crowd_above_the_descriptor_limit_is_turned_away_and_nobody_notices(int descriptors, int crowd, string? most)
    {
        var (tcpPort, httpPort) = (GatewayProcess.FreePort(), GatewayProcess.FreePort());
        // "0" is no limit of the operator's: the process's own holds. Null is the default.
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
                // Turned away so quickly that the connect itself noticed.
            }
        }

        for (var i = 0; i < 5; i++)
        {
            await canary.PingAsync();
            using var live = await http.GetAsync(new Uri("/livez", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.True(live.IsSuccessStatusCode);
        }

        var page = await http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        var turnedAway = GatewayProcess.Metric(page, """heartbeatgateway_connections_rejected_total{reason="limit_descriptors"}""");
        var aboveDefault = GatewayProcess.Metric(page, """heartbeatgateway_connections_rejected_total{reason="limit_total"}""");
        Assert.True(turnedAway + aboveDefault > 0);
        Assert.True(most is null || aboveDefault == 0);
        connections.ForEach(c => c.Dispose());

        // There is room again.
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
