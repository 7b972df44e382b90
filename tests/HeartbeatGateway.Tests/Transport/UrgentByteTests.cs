using System.Net.Sockets;
using System.Text;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;

namespace HeartbeatGateway.Tests.Transport;

/// <summary>A TCP urgent byte updates the kernel's time of the last data, but no read returns it. It must not keep a connection open.</summary>
public sealed class UrgentByteTests
{
    private static readonly string[] ShortLimits =
    [
        "--Gateway:Heartbeat:ReaderIdle=00:00:01", "--Gateway:Admission:HandshakeTimeout=00:00:01",
    ];

    private static byte[] Ping => TestSecrets.ClientKeyring().Keys[0].Bare.Ping(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).ToArray();

    public static TheoryData<string, string, byte[]> Beginnings => new()
    {
        { "nothing", "handshake_timeout", [] },
        { "half a header", "handshake_timeout", Ping[..79] },
        { "a ping", "reader_idle", Ping },
        { "a ping and a half", "frame_timeout", [.. Ping, .. Ping[..79]] },
    };

    [Theory]
    [MemberData(nameof(Beginnings))]
    public async Task An_urgent_byte_does_not_keep_a_connection_open_past_its_limit(string what, string reason, byte[] beginning)
    {
        // For the frame timeout, the idle limit is set later than the frame's deadline.
        string[] settings = reason == "frame_timeout" ? [.. ShortLimits, "--Gateway:Heartbeat:ReaderIdle=00:01:00", "--Gateway:Frames:FrameTimeout=00:00:01"] : ShortLimits;
        await using var host = await ServiceHost.StartAsync(settings);
        using var peer = await host.ConnectAsync();
        var took = await EndsAsync(host, peer, beginning, reason);
        Assert.True(took < TimeSpan.FromSeconds(3), $"After {what} and an urgent byte it was open for {took}.");
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 4711 8081\r\n", "handshake_timeout")]
    [InlineData("", "handshake_timeout")]
    [InlineData("PROXY TC", "handshake_timeout")]
    public async Task An_urgent_byte_does_not_keep_a_proxied_connection_open_past_its_limit(string header, string reason)
    {
        await using var host = await ServiceHost.StartAsync([.. ShortLimits, "--Gateway:Proxy:TrustedNetworks:0=127.0.0.0/8"]);
        using var peer = await host.ConnectAsync();
        var took = await EndsAsync(host, peer, Encoding.ASCII.GetBytes(header), reason);
        Assert.True(took < TimeSpan.FromSeconds(3), $"It was open for {took}.");
    }

    private static async Task<TimeSpan> EndsAsync(ServiceHost host, Socket peer, byte[] beginning, string reason)
    {
        if (beginning.Length > 0) await peer.SendAsync(beginning);
        // The byte must come after what was read, by more than the tolerance of the kernel's clock.
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, TestContext.Current.CancellationToken);
        var began = TimeProvider.System.GetTimestamp();
        await peer.SendAsync("x"u8.ToArray(), SocketFlags.OutOfBand);
        await host.ReachesAsync($"heartbeatgateway_connections_closed_total{{reason=\"{reason}\"}}", 1);
        return TimeProvider.System.GetElapsedTime(began);
    }
}
