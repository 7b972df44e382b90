using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using HeartbeatGateway.Client;
using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Networks;

/// <summary>
/// A network that drops all packets on the way: neither end gets a FIN or a reset, and sent data is never acknowledged. The bounds on how late the end of each
/// client is detected are for a machine without other load (Lane=alone).
/// </summary>
[Trait("Lane", "alone")]
public sealed class CutTests
{
    private const int Clients = 100;
    private const string ReaderIdle = """heartbeatgateway_timeouts_total{kind="reader_idle"}""";
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(7);
    private static readonly TimeProvider Time = TimeProvider.System;

    [Theory]
    [InlineData(false)]
    [InlineData(true, Traits = ["Transport", "tls"])]
    public async Task Closes_cut_off_clients_at_the_idle_timeout_and_keeps_all_others(bool tls)
    {
        NetworkNamespace.SkipUnlessAllowed();
        using var network = new RoutedNetwork();
        await using var gateway = await StartAsync(network, tls);
        await using (var kept = await Crowd.ConnectAsync(gateway.Port, Clients, heartbeat: Heartbeat))
        await using (var cut = await Crowd.ConnectAsync(
            gateway.Port, Clients, (client, i) => client.HelloAsync($"device-{i}"), heartbeat: Heartbeat))
        {
            await cut.WaitForFramesAsync(1, TimeSpan.FromSeconds(20));
            // By now each client has sent pings, spread evenly over the interval.
            await Task.Delay(Heartbeat + TimeSpan.FromSeconds(1), Time, TestContext.Current.CancellationToken);
            network.Cut(cut.Clients.Select(c => ((IPEndPoint)c.Socket.LocalEndPoint!).Port));
            var began = Time.GetTimestamp();
            await gateway.Process.ReachesAsync(ReaderIdle, Clients, Limit + TimeSpan.FromSeconds(2));
            var took = Time.GetElapsedTime(began);
            TestContext.Current.TestOutputHelper?.WriteLine($"all {Clients} closed {took.TotalSeconds:0.000} s after the cut");
            Assert.InRange(took, Limit - Heartbeat, Limit + TimeSpan.FromSeconds(0.5));

            // The gateway measures how late it detected each client after seven seconds without a byte.
            var page = await gateway.Process.ScrapeAsync();
            Assert.Equal(Clients, GatewayProcess.Metric(page, """heartbeatgateway_idle_detection_delay_seconds_bucket{le="0.25"}"""));
            Assert.Empty(kept.Disconnected);

            network.Restore();
            await using var reconnected = await Crowd.ConnectAsync(gateway.Port, Clients, (client, i) => client.HelloAsync($"device-{i}"));
            await reconnected.WaitForFramesAsync(1, TimeSpan.FromSeconds(20));
            await gateway.Process.ReachesAsync("""heartbeatgateway_reconnects_total{identity="client"}""", Clients);
            Assert.Empty(kept.Disconnected);
        }

        await gateway.AssertRecoveredAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true, Traits = ["Transport", "tls"])]
    public async Task Detects_a_cut_off_gateway_in_the_client_library_and_reconnects(bool tls)
    {
        NetworkNamespace.SkipUnlessAllowed();
        using var network = new RoutedNetwork();
        await using var gateway = await StartAsync(network, tls);
        var states = new ConcurrentQueue<GatewayClientState>();
        await using (var client = new GatewayClient(new GatewayClientOptions
        {
            Endpoints = [gateway.Process.EndPoint],
            Tokens = new TokenKeyringOptions { Secrets = [new TokenSecret(TestSecrets.KeyId, TestSecrets.Secret)] },
            ClientId = "device-1",
            Tls = tls ? new GatewayClientTls { ServerName = ClientPort.ServerName, TrustedRoots = [gateway.Port.Authority!] } : null,
        }))
        {
            client.StateChanged += (_, state) => states.Enqueue(state);
            client.Start();
            await ReachAsync(() => states.Any(s => s.Status == GatewayClientStatus.Connected));
            // There are two connections from this process; the other one is the canary's.
            var port = Assert.Single(
                IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections(),
                c => c.RemoteEndPoint.Equals(gateway.Process.EndPoint) && c.State == TcpState.Established && c.LocalEndPoint.Port != gateway.Canary.Port).LocalEndPoint.Port;
            network.Cut([port]);
            await ReachAsync(() => states.Any(s => s.LastDisconnect is { Kind: DisconnectKind.Dead }));
            var dead = states.First(s => s.LastDisconnect is { Kind: DisconnectKind.Dead }).LastDisconnect!;
            TestContext.Current.TestOutputHelper?.WriteLine($"dead gateway detected after {dead.Silence?.TotalSeconds:0.000} s of silence");
            Assert.InRange(dead.Silence!.Value, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10.5));
            await gateway.Process.ReachesAsync("""heartbeatgateway_reconnects_total{identity="client"}""", 1, TimeSpan.FromSeconds(30));
            network.Restore();
        }

        await gateway.AssertRecoveredAsync();
    }

    private static Task<WatchedGateway> StartAsync(RoutedNetwork network, bool tls) =>
        WatchedGateway.StartAsync(new GatewayLaunch { Command = [.. network.Inside.Prefix, "dotnet", Repository.GatewayDll], Address = network.Inside.Address }, tls);

    private static async Task ReachAsync(Func<bool> condition)
    {
        var began = Time.GetTimestamp();
        while (!condition())
        {
            if (Time.GetElapsedTime(began) > TimeSpan.FromSeconds(30)) throw new TimeoutException("The client did not reach the expected state in 30 s.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), Time);
        }
    }
}
