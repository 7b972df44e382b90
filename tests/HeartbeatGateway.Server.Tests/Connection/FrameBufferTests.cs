using System.Text;
using CsCheck;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Connection;

/// <summary>
/// The first frame of an unauthenticated connection is copied out of the transport's pipe while it is incomplete. It is read like any
/// other frame, for any split.
/// </summary>
public sealed class FrameBufferTests
{
    [Fact]
    public void The_first_frames_are_read_in_order_for_any_split()
    {
        Gen.Select(Gen.Int[0, 4096], Gen.Int[0, 3], Gen.Int[1, 700].Array[1, 40]).Sample(
            (contentBytes, followers, lengths) => RunAsync(contentBytes, followers, lengths).GetAwaiter().GetResult(), iter: 300);
    }

    [Theory]
    [InlineData("Scan")]
    [InlineData("Strict")]
    public async Task Garbage_before_the_first_frame_is_handled_the_same_for_any_split(string resync)
    {
        foreach (var pieces in new[] { 1, 7, 10_000 })
        {
            using var gateway = new EngineHarness(o => o.Frames.Resync = Enum.Parse<Protocol.Frames.FrameResync>(resync));
            var client = gateway.Connect();
            byte[] all = [.. Encoding.ASCII.GetBytes(new string('x', 1000)), .. client.Ping, .. client.Ping];
            foreach (var piece in all.Chunk(pieces)) await client.SendAsync(piece);
            Assert.Equal(resync == "Scan" ? 2 : 0, gateway.Metrics.Read("heartbeatgateway.heartbeats"));
            Assert.Equal(resync == "Scan" ? 0 : 1, gateway.Closed("bad_magic"));
        }
    }

    [Fact]
    public async Task Every_byte_is_counted_once()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        byte[] all = [.. client.Frame("message", new string('x', 3000)), .. client.Frame("message", new string('y', 30_000)), .. client.Ping];
        foreach (var piece in all.Chunk(1000)) await client.SendAsync(piece);
        Assert.Equal(all.Length, gateway.Metrics.Read("heartbeatgateway.network.io", ("direction", "in")));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.heartbeats"));
    }

    [Fact]
    public async Task A_stream_that_ends_inside_the_first_frame_is_truncated()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.SendAsync(client.Ping.AsMemory(0, 100));
        client.CloseOutput();
        await client.Handler;
        Assert.Equal(1, gateway.Closed("truncated"));
    }

    private static async Task RunAsync(int contentBytes, int followers, int[] lengths)
    {
        using var gateway = new EngineHarness(minimumLevel: Microsoft.Extensions.Logging.LogLevel.None);
        var client = gateway.Connect();
        var all = client.Frame("message", new string('x', contentBytes)).ToList();
        for (var i = 0; i < followers; i++) all.AddRange(client.Frame("message", new string('y', (i + 1) * 1500)));
        all.AddRange(client.Ping);
        var bytes = all.ToArray();
        for (var (at, cut) = (0, 0); at < bytes.Length; cut++)
        {
            var length = Math.Min(lengths[cut % lengths.Length], bytes.Length - at);
            await client.SendAsync(bytes.AsMemory(at, length));
            at += length;
        }

        Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        Assert.Equal(followers + 1, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "accepted")));
        Assert.Equal(bytes.Length, gateway.Metrics.Read("heartbeatgateway.network.io", ("direction", "in")));
        gateway.AssertBalanced();
    }
}
