using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using HeartbeatGateway.Client;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>A drain by the API, and the signals that come while it lasts.</summary>
public sealed class OperatorDrainTests
{
    private const string Key = "the-key-of-an-operator";

    [Fact]
    public async Task Sigterm_during_a_drain_closes_what_is_left_and_exits_with_0()
    {
        await using var gateway = await StartAsync("00:00:00.500");
        var clients = await ConnectAsync(gateway, 20);
        Assert.Equal("draining", await DrainAsync(gateway, HttpMethod.Post, """{"durationSeconds":3600}"""));
        await gateway.SawAsync("DrainStarted");
        gateway.Signal("TERM");
        await gateway.SawAsync("EngineStopping");
        await EndAsync(clients);
        Assert.Equal(0, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(20)));
        await gateway.SawAsync("EngineStopped");
        // Each connection has ended once, and the stop closed all of them.
        Assert.Equal(20, gateway.Lines.Count(l => l.Contains("closed: draining;", StringComparison.Ordinal) || l.Contains("closed: shutdown;", StringComparison.Ordinal)));
        Assert.Equal(20, gateway.Lines.Count(l => l.Contains("ConnectionClosed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Sigterm_ends_a_drained_gateway_at_once()
    {
        await using var gateway = await StartAsync("01:00:00");
        var clients = await ConnectAsync(gateway, 5);
        await DrainAsync(gateway, HttpMethod.Post, """{"durationSeconds":0}""");
        await EndAsync(clients);
        await gateway.SawAsync("The drain is complete: 5 of 5 connections are closed");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.Http.GetAsync("/readyz", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/livez", TestContext.Current.CancellationToken)).StatusCode);
        // Without the drain, the stop would take an hour.
        gateway.Signal("TERM");
        Assert.Equal(0, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task After_a_cancelled_drain_sigterm_stops_as_usual()
    {
        await using var gateway = await StartAsync("00:00:00");
        var clients = await ConnectAsync(gateway, 5);
        await DrainAsync(gateway, HttpMethod.Post, """{"durationSeconds":3600}""");
        try
        {
            using var refused = await SocketClient.ConnectAsync(gateway.TcpPort);
            await refused.EndsAsync(TimeSpan.FromSeconds(20));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // The gateway rejected the connection before connect returned.
        }

        await gateway.ReachesAsync("heartbeatgateway_connections_rejected_total{reason=\"draining\"}", 1);
        Assert.Equal("none", await DrainAsync(gateway, HttpMethod.Delete, body: null));
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/readyz", TestContext.Current.CancellationToken)).StatusCode);
        clients.AddRange(await ConnectAsync(gateway, 1));
        foreach (var client in clients) await client.PingAsync();
        gateway.Signal("TERM");
        await EndAsync(clients);
        Assert.Equal(0, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(6, gateway.Lines.Count(l => l.Contains("closed: shutdown;", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_client_library_tries_again_while_the_gateway_is_drained_and_returns_after_the_cancel()
    {
        await using var gateway = await StartAsync("00:00:00");
        await using var client = new GatewayClient(new GatewayClientOptions
        {
            Endpoints = [gateway.EndPoint],
            ClientId = "pump-17",
            Tokens = new TokenKeyringOptions { Scheme = TokenScheme.HmacSha256, Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] },
            InitialJitter = TimeSpan.Zero,
        });
        await client.ConnectAsync(TestContext.Current.CancellationToken);
        await DrainAsync(gateway, HttpMethod.Post, """{"durationSeconds":0}""");
        await gateway.SawAsync("The drain is complete: 1 of 1 connections are closed");
        while (await gateway.MetricAsync("heartbeatgateway_connections_rejected_total{reason=\"draining\"}") < 2) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        await DrainAsync(gateway, HttpMethod.Delete, body: null);
        await gateway.ReachesAsync("heartbeatgateway_connected_clients", 1, TimeSpan.FromSeconds(60));
        await gateway.SawAsync("Client pump-17 on connection");
    }

    private static Task<GatewayProcess> StartAsync(string duration) => GatewayProcess.StartAsync(
        ("Gateway__Draining__Duration", duration), ("Gateway__Admin__Keys__0__Id", "operator"), ("Gateway__Admin__Keys__0__Key", Key), ("Gateway__Admin__Keys__0__Scope", "Admin"));

    private static async Task<List<SocketClient>> ConnectAsync(GatewayProcess gateway, int count)
    {
        var clients = new List<SocketClient>();
        for (var i = 0; i < count; i++)
        {
            clients.Add(await SocketClient.ConnectAsync(gateway.TcpPort));
            await clients[i].PingAsync();
        }

        return clients;
    }

    private static async Task EndAsync(IEnumerable<SocketClient> clients)
    {
        foreach (var client in clients)
        {
            Assert.True(await client.EndsAsync(TimeSpan.FromSeconds(20)), "The connection was reset.");
            client.Dispose();
        }
    }

    /// <summary>Starts or cancels a drain; returns the state after it.</summary>
    private static async Task<string?> DrainAsync(GatewayProcess gateway, HttpMethod method, string? body)
    {
        using var request = new HttpRequestMessage(method, "/api/v1/drain");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("state").GetString();
    }
}
