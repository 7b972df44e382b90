using HeartbeatGateway.EndToEnd.Tests;
using HeartbeatGateway.Faults.Tests.Support;

namespace HeartbeatGateway.Faults.Tests.Tls;

/// <summary>Peers of a TLS port that fall silent, at each point of a connection: each is closed, for a named reason, and no other client.</summary>
[Trait("Transport", "tls")]
public sealed class SilentPeerTests
{
    private const int Each = 20;
    private static readonly TimeSpan ToClose = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Peers_that_fall_silent_at_any_point_are_closed_for_a_named_reason()
    {
        await using var gateway = await WatchedGateway.StartAsync(tls: true, ("Gateway__Heartbeat__ReaderIdle", "00:00:03"), ("Gateway__Frames__FrameTimeout", "00:00:02"));
        var hello = await ClientHelloBytes.RecordAsync();
        var peers = new List<SocketClient>();
        try
        {
            for (var i = 0; i < Each; i++)
            {
                // Without a byte, inside the ClientHello, after it, and after the handshake.
                peers.Add(await SocketClient.ConnectAsync(gateway.Process.EndPoint));
                peers.Add(await SilentAfterAsync(SocketClient.ConnectAsync(gateway.Process.EndPoint), hello.AsMemory(0, hello.Length / 2)));
                peers.Add(await SilentAfterAsync(SocketClient.ConnectAsync(gateway.Process.EndPoint), hello));
                peers.Add(await gateway.Port.ConnectAsync());
                // After a frame, and inside the second.
                peers.Add(await SilentAfterAsync(gateway.Port.ConnectAsync(), SocketClient.PingNow));
                peers.Add(await SilentAfterAsync(gateway.Port.ConnectAsync(), (byte[])[.. SocketClient.PingNow, .. SocketClient.PingNow[..50]]));
            }

            await gateway.Process.ReachesAsync("""heartbeatgateway_timeouts_total{kind="handshake"}""", 4 * Each, ToClose);
            await gateway.Process.ReachesAsync("""heartbeatgateway_timeouts_total{kind="reader_idle"}""", Each, ToClose);
            await gateway.Process.ReachesAsync("""heartbeatgateway_timeouts_total{kind="frame"}""", Each, ToClose);
            await gateway.AssertRecoveredAsync();
        }
        finally
        {
            peers.ForEach(p => p.Dispose());
        }
    }

    private static async Task<SocketClient> SilentAfterAsync(Task<SocketClient> connecting, ReadOnlyMemory<byte> bytes)
    {
        var peer = await connecting;
        await peer.SendAsync(bytes);
        return peer;
    }
}
