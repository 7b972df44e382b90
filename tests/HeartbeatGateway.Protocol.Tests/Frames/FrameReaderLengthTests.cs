using System.Buffers;
using System.Buffers.Binary;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Tests.Frames;

public class FrameReaderLengthTests
{
    public static TheoryData<uint> Impossible => [0xFFFFFFFF, 0x80000000, 0x80000001, 0x7FFFFFFF, 0x7FFFFF62, 0x7FFFFF61, 65537];

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Rejects_an_invalid_length_after_8_bytes_without_allocating(uint length)
    {
        var start = Start(length);
        Assert.Equal(FrameReadStatus.Incomplete, Read(start[..7], 65536));
        Assert.Equal(FrameReadStatus.BadLength, Read(start, 65536));

        var buffer = new ReadOnlySequence<byte>(start);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reader = default(FrameReader);
        Span<byte> scratch = stackalloc byte[FrameFormat.HeaderLength];
        var status = reader.TryRead(ref buffer, scratch, 65536, FrameResync.Strict, out _);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(FrameReadStatus.BadLength, status);
        Assert.Equal(0, allocated);
    }

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Scan_rejects_an_invalid_length_too(uint length)
    {
        var bytes = new ReadOnlySequence<byte>([1, 2, 3, .. Start(length)]);
        Assert.Equal(FrameReadStatus.BadLength, default(FrameReader).TryRead(ref bytes, new byte[158], 65536, FrameResync.Scan, out _));
    }

    [Theory]
    [InlineData(0x7FFFFFFF)]
    [InlineData(0x7FFFFF62)]
    [InlineData(0x7FFFFF61)]
    public void The_length_check_does_not_overflow_with_the_maximum_limit(uint length)
    {
        byte[] header = [.. Start(length), .. new byte[150]];
        Assert.Equal(FrameReadStatus.Incomplete, Read(header, int.MaxValue));
        Assert.Equal((int)length, FrameReader.ClaimedLength(new ReadOnlySequence<byte>(header)));
    }

    [Fact]
    public void Rejects_a_negative_length_with_the_maximum_limit() =>
        Assert.Equal(FrameReadStatus.BadLength, Read(Start(0x80000000), int.MaxValue));

    [Fact]
    public void A_limit_of_0_accepts_only_empty_content()
    {
        Assert.Equal(FrameReadStatus.Complete, Read([.. Start(0), .. new byte[150]], 0));
        Assert.Equal(FrameReadStatus.BadLength, Read(Start(1), 0));
    }

    private static byte[] Start(uint length)
    {
        byte[] start = [0, 0, 0, 0x76, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(start.AsSpan(4), length);
        return start;
    }

    private static FrameReadStatus Read(byte[] bytes, int maxContentBytes)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        return default(FrameReader).TryRead(ref buffer, new byte[158], maxContentBytes, FrameResync.Strict, out _);
    }
}
