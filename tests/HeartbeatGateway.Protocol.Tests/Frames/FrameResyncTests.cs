using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;

namespace HeartbeatGateway.Protocol.Tests.Frames;

public class FrameResyncTests
{
    private static readonly byte[] Ping = TestFrame.Ping().Signed().ToBytes();

    [Theory]
    [InlineData(new byte[] { 0x76 })]
    [InlineData(new byte[] { 0, 1 })]
    [InlineData(new byte[] { 0, 0, 0, 0x77 })]
    [InlineData(new byte[] { 0x76, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0x76 })]
    public void Strict_rejects_the_first_byte_that_differs_from_the_magic(byte[] start)
    {
        var stream = new FrameStream();
        Assert.Equal(FrameReadStatus.BadMagic, stream.Feed(start));
        Assert.Empty(stream.Frames);
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0x76 })]
    public void Strict_waits_for_more_bytes_after_a_prefix_of_the_magic(byte[] start) =>
        Assert.Equal(FrameReadStatus.Incomplete, new FrameStream().Feed(start));

    [Theory]
    [InlineData(1)]
    [InlineData(2047)]
    [InlineData(2048)]
    public void Scan_skips_up_to_2048_bytes(int garbage)
    {
        var stream = new FrameStream(FrameResync.Scan);
        Assert.Equal(FrameReadStatus.Incomplete, stream.Feed([.. Garbage(garbage), .. Ping]));
        Assert.Equal("ping", Assert.Single(stream.Frames).Type);
    }

    [Fact]
    public void Scan_rejects_2049_bytes_without_a_magic()
    {
        var stream = new FrameStream(FrameResync.Scan);
        Assert.Equal(FrameReadStatus.BadMagic, stream.Feed([.. Garbage(2049), .. Ping]));
        Assert.Empty(stream.Frames);
    }

    [Fact]
    public void Scan_counts_skipped_bytes_across_reads()
    {
        var stream = new FrameStream(FrameResync.Scan);
        for (var i = 0; i < 2048; i++) Assert.Equal(FrameReadStatus.Incomplete, stream.Feed([0xAA]));
        Assert.Equal(0, stream.Unread);
        Assert.Equal(FrameReadStatus.BadMagic, stream.Feed([0xAA]));
    }

    [Fact]
    public void Scan_resets_its_count_after_every_frame()
    {
        var stream = new FrameStream(FrameResync.Scan);
        for (var i = 0; i < 5; i++) Assert.Equal(FrameReadStatus.Incomplete, stream.Feed([.. Garbage(2048), .. Ping]));
        Assert.Equal(5, stream.Frames.Count);
    }

    [Fact]
    public void Scan_finds_a_frame_after_a_partial_magic()
    {
        foreach (byte[] garbage in (byte[][])[[0], [0, 0], [0, 0, 0], [0, 0, 0, 0x75], [0x76], [0, 0, 1, 0]])
        {
            var stream = new FrameStream(FrameResync.Scan);
            stream.Feed([.. garbage, .. Ping]);
            Assert.Single(stream.Frames);
        }
    }

    [Fact]
    public void Scan_finds_a_frame_after_garbage_that_arrives_byte_by_byte()
    {
        var stream = new FrameStream(FrameResync.Scan);
        foreach (var b in (byte[])[.. Garbage(100), 0, 0, 0, .. Ping]) stream.Feed([b]);
        Assert.Single(stream.Frames);
    }

    [Fact]
    public void Scan_keeps_a_partial_magic_at_the_end_of_the_buffer()
    {
        var stream = new FrameStream(FrameResync.Scan);
        Assert.Equal(FrameReadStatus.Incomplete, stream.Feed([.. Garbage(10), 0, 0, 0]));
        Assert.Equal(3, stream.Unread);
        stream.Feed(Ping[3..]);
        Assert.Single(stream.Frames);
    }

    [Fact]
    public void Scan_reads_a_magic_inside_garbage_as_a_frame()
    {
        // The reader cannot distinguish it from a frame: it reads 158 bytes as a frame, and the token then does not verify.
        var stream = new FrameStream(FrameResync.Scan);
        stream.Feed([.. Garbage(10), 0, 0, 0, 0x76, 0, 0, 0, 0, .. Garbage(150), .. Ping]);
        Assert.Equal(2, stream.Frames.Count);
        Assert.Equal("ping", stream.Frames[1].Type);
    }

    [Fact]
    public void Scan_removes_skipped_bytes_while_the_frame_is_incomplete()
    {
        var stream = new FrameStream(FrameResync.Scan);
        stream.Feed([.. Garbage(1000), .. Ping[..100]]);
        Assert.Equal(100, stream.Unread);
    }

    [Fact]
    public void Scan_does_not_count_the_bytes_of_an_incomplete_frame()
    {
        var stream = new FrameStream(FrameResync.Scan);
        var frame = new TestFrame { Content = new byte[5000] }.ToBytes();
        stream.Feed(Garbage(2048));
        foreach (var chunk in frame.Chunk(500)) Assert.Equal(FrameReadStatus.Incomplete, stream.Feed(chunk));
        Assert.Single(stream.Frames);
    }

    private static byte[] Garbage(int length)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, (byte)0xAA);
        return bytes;
    }
}
