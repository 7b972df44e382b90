using System.Buffers;
using System.Text;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tests.Support;

namespace HeartbeatGateway.Protocol.Tests.Frames;

public class FrameReaderTests
{
    private static readonly byte[] Message = TestFrame.Message("twenty bytes of text").Signed().ToBytes();

    [Fact]
    public void Reads_a_frame_split_in_two_at_every_place()
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
    public void Reads_a_frame_that_lies_across_two_segments_in_every_way()
    {
        for (var cut = 0; cut <= Message.Length; cut++)
        {
            var stream = new FrameStream();
            stream.Feed(Message[..cut], [], Message[cut..]);
            AssertIsMessage(Assert.Single(stream.Frames));
        }
    }

    [Fact]
    public void Reads_frames_that_drip_in_one_byte_at_a_time()
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
    public void Reads_a_hundred_frames_and_a_half_out_of_one_buffer()
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
    public void A_frame_leaves_the_bytes_behind_it_alone()
    {
        var buffer = new ReadOnlySequence<byte>([.. Message, 1, 2, 3]);
        var reader = default(FrameReader);
        Assert.Equal(FrameReadStatus.Complete, reader.TryRead(ref buffer, new byte[158], 100, FrameResync.Strict, out var frame));
        Assert.Equal(Message.AsSpan(0, 158), frame.Header);
        Assert.Equal([1, 2, 3], buffer.ToArray());
    }

    [Fact]
    public void An_incomplete_frame_stays_in_the_buffer()
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
    public void Content_may_be_as_long_as_the_limit(int length)
    {
        var stream = new FrameStream();
        stream.Feed(new TestFrame { Content = new byte[length] }.ToBytes());
        Assert.Equal(length, Assert.Single(stream.Frames).Content.Length);
    }

    [Fact]
    public void Content_may_not_be_longer_than_the_limit()
    {
        var frame = new TestFrame { Content = new byte[11] }.ToBytes();
        Assert.Equal(FrameReadStatus.BadLength, new FrameStream(maxContentBytes: 10).Feed(frame));
        Assert.Equal(FrameReadStatus.Incomplete, new FrameStream(maxContentBytes: 11).Feed(frame));
    }

    [Fact]
    public void A_frame_behind_good_ones_may_be_bad()
    {
        var stream = new FrameStream();
        Assert.Equal(FrameReadStatus.BadMagic, stream.Feed([.. Message, .. Message, 0xFF]));
        Assert.Equal(2, stream.Frames.Count);
    }

    [Fact]
    public void A_claimed_length_is_known_with_eight_bytes()
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
