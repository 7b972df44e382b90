using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Faults.Tests.Tls;

/// <summary>
/// What a TLS peer sends below its data keeps no socket thread: the read budget and every timeout hold there too. The floods take both processors, so that no
/// other test runs beside them (Lane=alone).
/// </summary>
[Trait("Lane", "alone")]
[Trait("Transport", "tls")]
public sealed class TlsFloodTests
{
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxPong = TimeSpan.FromSeconds(0.5);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Key_update_floods_without_a_frame_end_as_tls_failed_and_delay_no_neighbour(bool inline)
    {
        await using var gateway = await TlsGateway.StartAsync(new GatewayLaunch(), ("Gateway__Tcp__InlineScheduling", $"{inline}"));
        var tries = await DelaysNoNeighbourAsync(gateway, () => FloodAsync(gateway, 4, client => client.TryKeyUpdate()));
        await gateway.Process.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"tls_failed\"}", 4 * tries);
        await gateway.Process.ReachesAsync("heartbeatgateway_tls_failures_total{cause=\"flood\"}", 4 * tries);
        await gateway.Process.SawAsync("without a byte of data");
    }

    [Fact]
    public async Task A_key_update_flood_behind_a_ping_ends_as_tls_failed()
    {
        await using var gateway = await TlsGateway.StartAsync(new GatewayLaunch());
        var tries = await DelaysNoNeighbourAsync(gateway, () => FloodAsync(gateway, 4, client => client.TryKeyUpdate(), first: SocketClient.PingNow));
        await gateway.Process.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"tls_failed\"}", 4 * tries);
    }

    [Fact]
    public async Task Key_updates_between_pings_delay_no_neighbour()
    {
        await using var gateway = await TlsGateway.StartAsync(new GatewayLaunch());
        var flood = 0;
        // Enough data not to be ended for its lack.
        await DelaysNoNeighbourAsync(gateway, () => FloodAsync(
            gateway, 4, client => Interlocked.Increment(ref flood) % 500 == 0 ? client.TryWrite(SocketClient.PingNow) : client.TryKeyUpdate(), mayLive: true));
    }

    [Fact]
    public async Task Renegotiation_ends_the_connection_and_delays_no_neighbour()
    {
        await using var gateway = await TlsGateway.StartAsync(new GatewayLaunch(), ("Gateway__Admission__HandshakeTimeout", "00:00:02"));
        await DelaysNoNeighbourAsync(gateway, () => FloodAsync(gateway, 4, client => client.TryRenegotiate(), version: 0x0303));
        var page = await gateway.Process.ReachesAsync("heartbeatgateway_handshaking_connections", 0);
        GatewayProcess.AssertBalanced(page);
    }

    [Fact]
    public async Task Records_of_one_byte_at_full_speed_delay_no_neighbour()
    {
        await using var gateway = await TlsGateway.StartAsync(new GatewayLaunch());
        var frame = TestSecrets.ClientKeyring().Keys[0].Bare.Encode("message"u8, new byte[60_000], TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).ToArray();
        await DelaysNoNeighbourAsync(gateway, () => FloodAsync(
            gateway, 4, client => Array.TrueForAll(frame, b => client.TryWrite([b])), first: SocketClient.PingNow, mayLive: true));
    }

    /// <summary>
    /// A gateway that lets a flood delay its neighbours does so in each try; a machine that stands still for a moment does not.
    /// So the least of three tries counts, and one that is within the bound is enough.
    /// </summary>
    /// <returns>The number of tries.</returns>
    private static async Task<int> DelaysNoNeighbourAsync(TlsGateway gateway, Func<Task> flood)
    {
        for (var tries = 1; ; tries++)
        {
            var worst = await gateway.WorstPongAsync(4, flood);
            TestContext.Current.TestOutputHelper?.WriteLine($"worst pong of a neighbour {worst.TotalMilliseconds:0} ms");
            if (worst <= MaxPong) return tries;
            Assert.True(tries < 3, $"A neighbour waited {worst} in the last of three tries.");
        }
    }

    /// <summary>Clients that do one thing again and again, each on a thread of its own, until they are ended or the time is over.</summary>
    private static async Task FloodAsync(
        TlsGateway gateway, int clients, Func<OpenSslClient, bool> send, byte[]? first = null, bool mayLive = false, int version = 0x0304)
    {
        using var timeUp = new CancellationTokenSource(Span, TimeProvider.System);
        var ended = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Factory.StartNew(
            () =>
            {
                using var client = new OpenSslClient(gateway.Process.EndPoint, version);
                // The socket is closed under a write that blocks.
                using var stop = timeUp.Token.UnsafeRegister(static state => ((OpenSslClient)state!).Abort(), client);
                if (first is not null) client.TryWrite(first);
                while (send(client))
                {
                    // On and on.
                }

                return !timeUp.IsCancellationRequested;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        if (!mayLive) Assert.All(ended, isEnded => Assert.True(isEnded, "The gateway let a flood go on."));
    }
}
