using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Tls;

/// <summary>What unauthenticated peers make the gateway and its TLS library hold.</summary>
[Trait("Transport", "tls")]
public sealed class HandshakeMemoryTests
{
    private const int Peers = 5_000;
    private const long Memory = 512 << 20;

    [Fact]
    public async Task Hellos_that_declare_much_and_bring_little_do_not_exhaust_a_container()
    {
        ControlGroup.SkipUnlessAllowed("memory");
        using var container = ControlGroup.OfMemory(Memory);
        await using var gateway = await TlsGateway.StartAsync(
            new GatewayLaunch { Command = container.Command("dotnet", Repository.GatewayDll) }, ("Gateway__Admission__MaxHeapPercent", "50"));
        var before = gateway.ResidentBytes;
        // A record and a ClientHello of 131,000 bytes; one of 16,000 bytes, which is as large as is accepted.
        await HoldAsync(gateway, [0x16, 0x03, 0x01, 0x40, 0x00, 0x01, 0x01, 0xff, 0xb8], "refused", before, bytesEach: 16_000, refused: true);
        await HoldAsync(gateway, [0x16, 0x03, 0x01, 0x3e, 0x84, 0x01, 0x00, 0x3e, 0x80], "incomplete", before, bytesEach: 16_000, refused: false);
    }

    [Fact]
    public async Task Handshakes_that_are_never_finished_hold_a_bounded_number_of_slots_and_others_still_connect()
    {
        ControlGroup.SkipUnlessAllowed("memory");
        using var container = ControlGroup.OfMemory(Memory);
        await using var gateway = await TlsGateway.StartAsync(
            new GatewayLaunch { Command = container.Command("dotnet", Repository.GatewayDll) }, ("Gateway__Admission__MaxHeapPercent", "50"));
        var before = gateway.ResidentBytes;
        await HoldAsync(gateway, await ClientHelloBytes.RecordAsync(), "unfinished", before, bytesEach: 50_000, refused: false);
    }

    /// <summary>All send the same bytes and then nothing more; meanwhile a client with a whole handshake is served.</summary>
    private static async Task HoldAsync(TlsGateway gateway, byte[] bytes, string what, long before, long bytesEach, bool refused)
    {
        var peers = new List<SocketClient>();
        try
        {
            for (var i = 0; i < Peers; i++)
            {
                var peer = await SocketClient.ConnectAsync(gateway.Process.EndPoint);
                peers.Add(peer);
                await peer.SendAsync(bytes);
            }

            if (refused) await gateway.Process.ReachesAsync("heartbeatgateway_connections_closed_total{reason=\"tls_failed\"}", Peers);
            var began = TimeProvider.System.GetTimestamp();
            await using var client = await gateway.ConnectAsync();
            await TlsGateway.PingAsync(client);
            var took = TimeProvider.System.GetElapsedTime(began);
            var each = (gateway.ResidentBytes - before) / Peers;
            TestContext.Current.TestOutputHelper?.WriteLine($"{Peers} {what}: {each} bytes each, {gateway.ResidentBytes >> 20} MiB resident; a client was served after {took.TotalSeconds:0.00} s");
            Assert.True(each <= bytesEach, $"Each {what} hello holds {each} bytes.");
        }
        finally
        {
            peers.ForEach(p => p.Dispose());
        }

        await gateway.Process.ReachesAsync("heartbeatgateway_handshaking_connections", 0);
    }
}
