using System.Buffers;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;

namespace HeartbeatGateway.Protocol.Tests.Frames;

public class FrameReaderTests
{
    private static readonly byte[] Message = TestFrame.Message("twenty bytes of text").Signed().ToBytes();

    [Fact]
    public void Reads_a_frame_split_into_two_reads_at_every_position()
    {
        for (var cut = 0; cut <= Message.Length; cut++)
        {
            var stream = new FrameStream();
            Assert.Equal(FrameReadStatus.Incomplete, stream.Feed(Message[..cut]));
            Assert.Equal(cut == Message.Length ? 1 : 0, stream.Frames.Count);
            Assert.Equal(FrameReadStatus.Incomplete, stream.Feed(Message[cut..]));
            AssertIsMessage(Assert.Single(stream.Frames));
            Assert.Equal(0, stream.Unread);
        }
    }

    [Fact]
    public void Reads_a_frame_split_across_segments_at_every_position()
    {
        for (var cut = 0; cut <= Message.Length; cut++)
        {
            var stream = new FrameStream();
            stream.Feed(Message[..cut], [], Message[cut..]);
            AssertIsMessage(Assert.Single(stream.Frames));
        }
    }

    [Fact]
    public void Reads_frames_that_arrive_byte_by_byte()
    {
        var stream = new FrameStream();
        for (var i = 0; i < 3 * Message.Length; i++)
        {
            Assert.Equal(FrameReadStatus.Incomplete, stream.Feed([Message[i % Message.Length]]));
            Assert.Equal((i + 1) / Message.Length, stream.Frames.Count);
        }

        Assert.All(stream.Frames, AssertIsMessage);
    }

    [Fact]
    public void Reads_100_frames_and_keeps_an_incomplete_one_in_one_buffer()
    {
        var many = Enumerable.Repeat(Message, 101).SelectMany(b => b).ToArray();
        var stream = new FrameStream();
        Assert.Equal(FrameReadStatus.Incomplete, stream.Feed(many[..^(Message.Length / 2)]));
        Assert.Equal(100, stream.Frames.Count);
        stream.Feed(many[^(Message.Length / 2)..]);
        Assert.Equal(101, stream.Frames.Count);
        Assert.All(stream.Frames, AssertIsMessage);
    }

    [Fact]
    public void Leaves_the_bytes_after_a_frame_in_the_buffer()
    {
        var buffer = new ReadOnlySequence<byte>([.. Message, 1, 2, 3]);
        var reader = default(FrameReader);
        Assert.Equal(FrameReadStatus.Complete, reader.TryRead(ref buffer, new byte[158], 100, FrameResync.Strict, out var frame));
        Assert.Equal(Message.AsSpan(0, 158), frame.Header);
        Assert.Equal([1, 2, 3], buffer.ToArray());
    }

    [Fact]
    public void Leaves_an_incomplete_frame_in_the_buffer()
    {
        var buffer = new ReadOnlySequence<byte>(Message, 0, Message.Length - 1);
        var reader = default(FrameReader);
        Assert.Equal(FrameReadStatus.Incomplete, reader.TryRead(ref buffer, new byte[158], 100, FrameResync.Scan, out _));
        Assert.Equal(Message.Length - 1, buffer.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65535)]
    [InlineData(65536)]
    public void Accepts_content_up_to_the_limit(int length)
    {
        var stream = new FrameStream();
        stream.Feed(new TestFrame { Content = new byte[length] }.ToBytes());
        Assert.Equal(length, Assert.Single(stream.Frames).Content.Length);
    }

    [Fact]
    public void Rejects_content_above_the_limit()
    {
        var frame = new TestFrame { Content = new byte[11] }.ToBytes();
        Assert.Equal(FrameReadStatus.BadLength, new FrameStream(maxContentBytes: 10).Feed(frame));
        Assert.Equal(FrameReadStatus.Incomplete, new FrameStream(maxContentBytes: 11).Feed(frame));
    }

    [Fact]
    public void Reads_the_frames_before_an_invalid_one()
    {
        var stream = new FrameStream();
        Assert.Equal(FrameReadStatus.BadMagic, stream.Feed([.. Message, .. Message, 0xFF]));
        Assert.Equal(2, stream.Frames.Count);
    }

    [Fact]
    public void Returns_the_declared_length_from_the_eighth_byte_on()
    {
        var bytes = new TestFrame { Content = new byte[300] }.ToBytes();
        for (var length = 0; length <= 20; length++)
        {
            Assert.Equal(length < 8 ? 0 : 300, FrameReader.ClaimedLength(Segments.OneByOne(bytes[..length])));
        }
    }

    private static void AssertIsMessage((string Type, byte[] Content) frame)
    {
        Assert.Equal("message", frame.Type);
        Assert.Equal("twenty bytes of text", Encoding.UTF8.GetString(frame.Content));
    }
}
