using System.Net;
using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.Client;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>Messages that clients send while the real gateway closes their connections as planned.</summary>
public sealed class PlannedCloseTests
{
    private const string Accepted = "heartbeatgateway_messages_total{outcome=\"accepted\"}";

    [Fact]
    public async Task Over_several_closes_at_the_maximum_age_the_client_library_loses_no_message_and_sends_none_twice()
    {
        const int Messages = 6_400;
        await using var gateway = await GatewayProcess.StartAsync(("Gateway__Draining__MaxConnectionAge", "00:00:00.400"));
        await using var client = new GatewayClient(new GatewayClientOptions
        {
            Endpoints = [new IPEndPoint(IPAddress.Loopback, gateway.TcpPort)],
            Tokens = new TokenKeyringOptions { Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] },
            ClientId = "pump-17",
            InitialJitter = TimeSpan.Zero,
        });
        await client.ConnectAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        for (var i = 1; i <= Messages; i++)
        {
            await client.SendAsync("message", Encoding.UTF8.GetBytes($"{i}"), TestContext.Current.CancellationToken);
            if (i % 64 == 0) await Task.Delay(TimeSpan.FromMilliseconds(15), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        var page = await gateway.ReachesAsync(Accepted, Messages);
        Assert.True(GatewayProcess.Metric(page, "heartbeatgateway_connections_closed_total{reason=\"max_age\"}") >= 2, page);
    }

    [Fact]
    public async Task When_the_gateway_is_asked_to_stop_no_message_is_lost_that_was_written_before_the_close_frame_was_read()
    {
        const int Clients = 6;
        await using var gateway = await GatewayProcess.StartAsync(("Gateway__Draining__Duration", "00:00:01"));
        var welcomed = Enumerable.Range(0, Clients).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        var clients = welcomed.Select((w, i) => Task.Run(() => RunAsync(gateway, $"pump-{i}", w))).ToArray();
        await Task.WhenAll(welcomed.Select(w => w.Task)).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);

        // Closed last, since connections are closed in their order. It is waited for, and the metrics can be read in that time.
        using var last = await HoldingClient.ConnectAsync(gateway);
        gateway.Signal("TERM");
        var results = await Task.WhenAll(clients).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.All(results, result => Assert.Contains(result.Reason, (CloseReason?[])[CloseReason.Draining, CloseReason.Shutdown]));
        // A client sees the end of the gateway's side before the gateway has worked off its last messages.
        await gateway.ReachesAsync(Accepted, results.Sum(r => r.Sent));
        Assert.Equal(0, await gateway.ExitCodeAsync());
    }

    private static async Task<(int Sent, CloseReason? Reason)> RunAsync(GatewayProcess gateway, string clientId, TaskCompletionSource welcomed)
    {
        using var client = await SocketClient.ConnectAsync(gateway.EndPoint);
        await using var stream = new NetworkStream(client.Socket);
        return await NumberingClient.RunAsync(stream, clientId, welcomed);
    }

    /// <summary>A client with the close feature that does not close when it is asked to.</summary>
    private static class HoldingClient
    {
        public static async Task<SocketClient> ConnectAsync(GatewayProcess gateway)
        {
            var client = await SocketClient.ConnectAsync(gateway.EndPoint);
            await client.SendAsync(TestSecrets.ClientKeyring().Keys[0].Named.Encode("hello"u8, EngineHarness.Hello("last").ToJson(), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
            await client.PingAsync();
            return client;
        }
    }
}
