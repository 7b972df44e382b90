using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Frames;

/// <summary>Pings that come many at a time are judged once while their bytes are the same, and counted and answered each.</summary>
public sealed class RepeatedPingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(1000)]
    public async Task Each_is_counted_and_answered(int pings)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await client.SendAsync(Repeat(client.Ping, pings));
        Assert.Equal(pings, client.TakeFrames().Count(f => f.Type == "ping"));
        Assert.Equal(pings, gateway.Metrics.Read("heartbeatgateway.heartbeats"));
        Assert.Equal(pings, gateway.Metrics.Read("heartbeatgateway.frames", ("direction", "in"), ("type", "ping")));
        Assert.Equal(pings, gateway.Metrics.Read("heartbeatgateway.frames", ("direction", "out"), ("type", "ping")));
        Assert.Equal(pings, gateway.Metrics.Read("heartbeatgateway.tokens_verified", ("key", TestSecrets.KeyId)));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task Answers_that_go_over_the_edge_of_the_transports_blocks_are_whole()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        // Of every size against the transport's block, 4096 bytes, which 25.9 of them fill.
        for (var pings = 1; pings <= 60; pings++)
        {
            await client.SendAsync(Repeat(client.Ping, pings));
            var answers = client.TakeFrames();
            Assert.Equal(pings, answers.Count);
            Assert.All(answers, a => Assert.Equal("ping", a.Type));
            // Not all at one moment: that would be a burst, which is worked on elsewhere.
            gateway.Time.Advance(TimeSpan.FromMilliseconds(20));
        }
    }

    [Fact]
    public async Task Other_frames_between_them_keep_their_place()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        byte[] all = [.. Repeat(client.Ping, 3), .. client.Frame("message", "one"), .. Repeat(client.Ping, 2), .. client.Frame("message", "two"), .. client.Ping];
        await client.SendAsync(all);
        Assert.Equal(6, gateway.Metrics.Read("heartbeatgateway.heartbeats"));
        Assert.Equal(2, gateway.Metrics.Read("heartbeatgateway.messages", ("outcome", "accepted")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(110)]
    [InlineData(157)]
    public async Task One_byte_that_differs_anywhere_makes_it_a_frame_of_its_own(int at)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var bytes = Repeat(client.Ping, 5);
        bytes[(3 * FrameFormat.HeaderLength) + at] ^= 1;
        await client.SendAsync(bytes);
        await client.Handler;
        Assert.Equal(3, gateway.Metrics.Read("heartbeatgateway.heartbeats"));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task The_bytes_of_a_ping_in_the_content_of_a_ping_are_none()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        var inner = client.Ping;
        var outer = client.Signer.Encode("ping"u8, inner, client.UnixSeconds).ToArray();
        await client.SendAsync((byte[])[.. outer, .. inner]);
        Assert.Equal(2, gateway.Metrics.Read("heartbeatgateway.heartbeats"));
        Assert.Equal(outer.Length + inner.Length, gateway.Metrics.Read("heartbeatgateway.network.io", ("direction", "in")));
    }

    [Fact]
    public async Task Answers_that_are_not_read_hold_them_back_as_before()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect(pauseWriterThreshold: 1);
        // The pipe does not take all of them before some are read.
        var sending = client.SendAsync(Repeat(client.Ping, 2000));
        Assert.InRange(gateway.Metrics.Read("heartbeatgateway.outbound.pending"), 1, 33 * 1024);
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.outbound_dropped"));
        var answers = 0;
        for (var i = 0; i < 2000 && answers < 2000; i++)
        {
            answers += client.TakeFrames().Count;
            await EngineHarness.SettleAsync();
        }

        Assert.Equal(2000, answers);
        await sending;
        Assert.Equal(2000, gateway.Metrics.Read("heartbeatgateway.heartbeats"));
    }

    private static byte[] Repeat(byte[] frame, int times) => [.. Enumerable.Repeat(frame, times).SelectMany(f => f)];
}
