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
        // Three tries of the health check may take longer than the default idle timeout.
        await using var gateway = await GatewayProcess.StartAsync(("Gateway__Heartbeat__ReaderIdle", "00:01:00"));
        using var client = await SocketClient.ConnectAsync(gateway.EndPoint);
        await client.PingAsync();
        await using (var flood = new HttpFlood(new IPEndPoint(IPAddress.Loopback, gateway.HttpPort), kind, Connections, Sources))
        {
            await flood.StartedAsync();
            await client.PingAsync();
            // Of three tries, since a busy machine may delay one.
            var answers = new List<string>();
            while (!await IsHealthyAsync(gateway, answers)) Assert.True(answers.Count < 3, string.Join('\n', [.. answers, .. gateway.Lines]));
            await client.PingAsync();
            TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {flood.Opened} connections opened, health check tried {answers.Count} times");
        }

        Assert.True(await gateway.MetricAsync("heartbeatgateway_http_connections_shed_total{reason=\"replaced\"}") > 0);
        Assert.Contains(gateway.Lines, l => l.Contains("HttpConnectionsReplaced", StringComparison.Ordinal));
        Assert.DoesNotContain(gateway.Lines, l => l.Contains("unhandled exception", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_silent_connection_and_half_a_request_are_closed_soon()
    {
        await using var gateway = await GatewayProcess.StartAsync(("Gateway__Http__KeepAliveTimeout", "00:00:02"), ("Gateway__Http__RequestHeadersTimeout", "00:00:01"));
        var http = new IPEndPoint(IPAddress.Loopback, gateway.HttpPort);
        using var silent = await SocketClient.ConnectAsync(http);
        using var half = await SocketClient.ConnectAsync(http);
        await half.SendAsync("GET /livez HTTP/1.1\r\nHost: gate"u8.ToArray());
        await silent.EndsAsync(TimeSpan.FromSeconds(20));
        await half.EndsAsync(TimeSpan.FromSeconds(20));
    }

    private static async Task<bool> IsHealthyAsync(GatewayProcess gateway, List<string> answers)
    {
        await using var check = new ChildProcess("dotnet", [Repository.GatewayDll, "--health-check"], GatewayProcess.Environment(gateway.TcpPort, gateway.HttpPort));
        var code = await check.ExitCodeAsync();
        answers.Add(string.Join('\n', check.Lines));
        return code == 0;
    }
}
