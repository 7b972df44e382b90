using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Frames;

/// <summary>A series of pings with identical bytes is verified once. Each ping of it is counted and answered.</summary>
public sealed class RepeatedPingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(1000)]
    public async Task Each_ping_is_counted_and_answered(int pings)
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
    public async Task Answers_that_cross_the_boundary_of_a_transport_block_are_complete()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        // Covers every position against the transport's block of 4,096 bytes, which holds 25.9 answers.
        for (var pings = 1; pings <= 60; pings++)
        {
            await client.SendAsync(Repeat(client.Ping, pings));
            var answers = client.TakeFrames();
            Assert.Equal(pings, answers.Count);
            Assert.All(answers, a => Assert.Equal("ping", a.Type));
            // The clock advances, because frames at one moment are a burst, which is processed on another thread.
            gateway.Time.Advance(TimeSpan.FromMilliseconds(20));
        }
    }

    [Fact]
    public async Task Other_frames_between_the_pings_keep_their_order()
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
    public async Task A_ping_with_one_different_byte_is_verified_separately(int at)
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
    public async Task The_bytes_of_a_ping_inside_the_content_of_a_ping_are_not_a_frame()
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
    public async Task Unread_answers_stop_the_reading_of_repeated_pings()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect(pauseWriterThreshold: 1);
        // The pipe does not accept all answers before some are read.
        var sending = client.SendAsync(Repeat(client.Ping, 2000));
        Assert.InRange(gateway.Metrics.Read("heartbeatgateway.outbound.pending"), 1, 33 * 1024);
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.outbound_dropped"));
        var answers = 0;
        // Bounded in real time: on a busy machine the read loop may wait for a processor while this loop turns.
        var began = TimeProvider.System.GetTimestamp();
        while (answers < 2000 && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20))
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
