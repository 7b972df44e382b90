using System.Net;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>HTTP connections that are of no use to any operator do not make an orchestrator restart a healthy gateway.</summary>
public sealed class HttpFloodTests
{
    private const int Connections = 1_000;
    private static readonly IPAddress[] Sources = [.. Enumerable.Range(1, 4).Select(i => IPAddress.Parse($"127.0.0.{i}"))];

    /// <summary>The flood comes from this machine, where no bound by address applies, and in part from the address of the health check.</summary>
    [Theory]
    [InlineData(HttpFloodKind.Silent)]
    [InlineData(HttpFloodKind.HalfSent)]
    [InlineData(HttpFloodKind.Slow)]
    [InlineData(HttpFloodKind.Pipelined)]
    [InlineData(HttpFloodKind.Unread)]
    [InlineData(HttpFloodKind.UnreadHealthChecks)]
    public async Task The_health_check_succeeds_and_clients_are_answered(HttpFloodKind kind)
    {
        await using var gateway = await GatewayProcess.StartAsync();
        using var client = await SocketClient.ConnectAsync(gateway.EndPoint);
        await client.PingAsync();
        await using (var flood = new HttpFlood(new IPEndPoint(IPAddress.Loopback, gateway.HttpPort), kind, Connections, Sources))
        {
            await flood.StartedAsync();
            for (var i = 0; i < 3; i++)
            {
                await client.PingAsync();
                await using var check = new ChildProcess("dotnet", [Repository.GatewayDll, "--health-check"], GatewayProcess.Environment(gateway.TcpPort, gateway.HttpPort));
                Assert.True(await check.ExitCodeAsync() == 0, string.Join('\n', [.. check.Lines, .. gateway.Lines]));
            }

            await client.PingAsync();
            TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {flood.Opened} connections opened, {flood.Open} open");
        }

        Assert.True(await gateway.MetricAsync("heartbeatgateway_http_connections_shed_total{reason=\"replaced\"}") > 0);
        Assert.Contains(gateway.Lines, l => l.Contains("HttpConnectionsReplaced", StringComparison.Ordinal));
        Assert.DoesNotContain(gateway.Lines, l => l.Contains("\"@l\":\"Error\"", StringComparison.Ordinal));
    }
}
