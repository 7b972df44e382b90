using System.Net;
using HeartbeatGateway.Client;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>Tests of the client library with the real gateway.</summary>
public sealed class ClientLibraryTests
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_client_is_welcomed_sends_heartbeats_and_messages_and_closes_gracefully()
    {
        await using var gateway = await GatewayProcess.StartAsync();
        var rtt = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var client = new GatewayClient(Options(gateway.TcpPort) with { Heartbeat = TimeSpan.FromSeconds(1), ServerTimeout = TimeSpan.FromSeconds(2) }))
        {
            client.HeartbeatAnswered += (_, time) => rtt.TrySetResult(time);
            await client.SendAsync("message", "queued before it was connected"u8.ToArray(), TestContext.Current.CancellationToken);
            await client.ConnectAsync(TestContext.Current.CancellationToken).WaitAsync(DefaultTimeout, TimeProvider.System);
            Assert.Equal(GatewayClientStatus.Connected, client.State.Status);
            Assert.NotNull(client.State.SessionId);
            Assert.True(client.State.Generation > 1_700_000_000_000);
            Assert.Equal(TimeSpan.FromSeconds(1), client.State.Heartbeat);
            Assert.InRange(await rtt.Task.WaitAsync(DefaultTimeout, TimeProvider.System), TimeSpan.Zero, TimeSpan.FromSeconds(2));
            await gateway.SawAsync("queued before it was connected");
            // The granted idle timeout is 3 s: heartbeats keep the connection open beyond it.
            await gateway.ReachesAsync("heartbeatgateway_heartbeats_total", 5);
            for (var i = 0; i < 100; i++) await client.SendAsync("message", "sent at the end"u8.ToArray(), TestContext.Current.CancellationToken);
        }

        var page = await gateway.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"peer_closed\"}", 1);
        Assert.Equal(101, GatewayProcess.Metric(page, "heartbeatgateway_messages_total{outcome=\"accepted\"}"));
        Assert.Equal(0, GatewayProcess.Metric(page, "heartbeatgateway_connections_closed_total{reason=\"peer_reset\"}"));
    }

    [Fact]
    public async Task A_client_reconnects_after_the_gateway_was_killed_and_gets_a_new_session()
    {
        var (tcp, http) = (GatewayProcess.FreePort(), GatewayProcess.FreePort());
        await using var client = new GatewayClient(Options(tcp) with { BackoffBase = TimeSpan.FromMilliseconds(100), BackoffMax = TimeSpan.FromMilliseconds(500) });
        string? session;
        await using (var gateway = await GatewayProcess.StartAsync(tcp, http))
        {
            await client.ConnectAsync(TestContext.Current.CancellationToken).WaitAsync(DefaultTimeout, TimeProvider.System);
            session = client.State.SessionId;
            gateway.Signal("KILL");
            await StatusAsync(client, s => s.Status != GatewayClientStatus.Connected);
        }

        await client.SendAsync("message", "sent while disconnected"u8.ToArray(), TestContext.Current.CancellationToken);
        await using var second = await GatewayProcess.StartAsync(tcp, http);
        var state = await StatusAsync(client, s => s.Status == GatewayClientStatus.Connected);
        Assert.True(state.Reconnected);
        Assert.False(state.Resumed);
        Assert.NotEqual(session, state.SessionId);
        await second.SawAsync("sent while disconnected");
        await second.ReachesAsync("heartbeatgateway_reconnects_total{identity=\"client\"}", 1);
    }

    [Fact]
    public async Task A_second_client_with_the_same_name_takes_over_and_the_first_stops_with_the_reason()
    {
        await using var gateway = await GatewayProcess.StartAsync();
        await using var first = new GatewayClient(Options(gateway.TcpPort));
        await first.ConnectAsync(TestContext.Current.CancellationToken).WaitAsync(DefaultTimeout, TimeProvider.System);
        await using var second = new GatewayClient(Options(gateway.TcpPort));
        await second.ConnectAsync(TestContext.Current.CancellationToken).WaitAsync(DefaultTimeout, TimeProvider.System);
        var closed = await Assert.ThrowsAsync<GatewayClosedException>(() => first.Completion.WaitAsync(DefaultTimeout, TimeProvider.System));
        Assert.Equal(CloseReason.Replaced, closed.End.Reason);
        Assert.Contains("replaced", closed.Message, StringComparison.Ordinal);
        Assert.Equal(GatewayClientStatus.Stopped, first.State.Status);
        await Assert.ThrowsAsync<GatewayClosedException>(async () => await first.SendAsync("message", default, TestContext.Current.CancellationToken));
        Assert.True(second.State.Reconnected);
        Assert.Equal(GatewayClientStatus.Connected, second.State.Status);
    }

    [Fact]
    public async Task A_client_corrects_its_wrong_clock_by_the_time_of_the_gateway()
    {
        await using var gateway = await GatewayProcess.StartAsync();
        await using var client = new GatewayClient(Options(gateway.TcpPort), timeProvider: new LateClock(TimeSpan.FromHours(-1)));
        await client.ConnectAsync(TestContext.Current.CancellationToken).WaitAsync(DefaultTimeout, TimeProvider.System);
        Assert.InRange(client.State.ClockOffset, TimeSpan.FromMinutes(59.9), TimeSpan.FromMinutes(60.1));
    }

    [Fact]
    public async Task A_client_without_a_name_sends_no_hello_and_is_accepted()
    {
        await using var gateway = await GatewayProcess.StartAsync();
        await using var client = new GatewayClient(Options(gateway.TcpPort) with { ClientId = null });
        await client.ConnectAsync(TestContext.Current.CancellationToken).WaitAsync(DefaultTimeout, TimeProvider.System);
        Assert.Null(client.State.SessionId);
        Assert.Equal(0, await gateway.MetricAsync("heartbeatgateway_frames_total{direction=\"in\",type=\"hello\"}"));
    }

    private static GatewayClientOptions Options(int port) => new()
    {
        Endpoints = [new IPEndPoint(IPAddress.Loopback, port)],
        Tokens = new TokenKeyringOptions { Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] },
        ClientId = "pump-17",
        InitialJitter = TimeSpan.Zero,
    };

    private static async Task<GatewayClientState> StatusAsync(GatewayClient client, Func<GatewayClientState, bool> wanted)
    {
        using var timeout = new CancellationTokenSource(DefaultTimeout, TimeProvider.System);
        await foreach (var state in client.WatchStateAsync(timeout.Token))
        {
            if (wanted(state)) return state;
        }

        throw new TimeoutException($"The client stopped as {client.State}.");
    }

    /// <summary>A clock with a wrong date and correct timers.</summary>
    private sealed class LateClock(TimeSpan offset) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + offset;
    }
}
