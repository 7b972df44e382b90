using System.Buffers;
using System.Buffers.Binary;

namespace HeartbeatGateway.Protocol.Frames;

/// <summary>
/// Splits a byte stream into frames without copying the content and without allocating. Each connection has one reader, which
/// holds the few bytes of state that must survive between reads.
/// </summary>
public struct FrameReader
{
    /// <summary>
    /// The maximum number of bytes that <see cref="FrameResync.Scan"/> skips without reading a complete frame. The value 2,048 comes
    /// from the Netty heartbeat tutorial ("the article").
    /// </summary>
    public const int MaxSkippedBytes = 2048;

    private int _skipped;

    /// <summary>
    /// Reads the next frame from the start of <paramref name="buffer"/>. The length is checked as soon as its 4 bytes have arrived,
    /// before any memory is reserved for the declared length.
    /// </summary>
    /// <param name="buffer">
    /// The unread bytes. On <see cref="FrameReadStatus.Complete"/> the buffer starts after the frame. Bytes that
    /// <see cref="FrameResync.Scan"/> skips are removed with every status.
    /// </param>
    /// <param name="scratch">158 bytes, used when the header spans several segments. They must stay valid as long as <paramref name="frame"/>.</param>
    /// <param name="maxContentBytes">The largest accepted content, in bytes.</param>
    /// <param name="resync">What to do with bytes that are not the start of a frame.</param>
    /// <param name="frame">The frame, a view into the buffer.</param>
    public FrameReadStatus TryRead(
        ref ReadOnlySequence<byte> buffer, Span<byte> scratch, int maxContentBytes, FrameResync resync, out Frame frame)
    {
        frame = default;
        var header = buffer.FirstSpan;
        // The common case: the whole header is in one segment and starts with the magic number.
        if (header.Length < FrameFormat.HeaderLength || !header.StartsWith(MagicPrefix))
        {
            if (!FindMagic(ref buffer, resync, out var status)) return status;
            header = buffer.FirstSpan;
            if (header.Length < FrameFormat.HeaderLength)
            {
                var available = (int)Math.Min(buffer.Length, FrameFormat.HeaderLength);
                buffer.Slice(0, available).CopyTo(scratch);
                header = scratch[..available];
            }
        }

        if (header.Length < FrameFormat.TypeOffset) return FrameReadStatus.Incomplete;
        var length = BinaryPrimitives.ReadInt32BigEndian(header[FrameFormat.LengthOffset..]);
        if (length < 0 || length > maxContentBytes) return FrameReadStatus.BadLength;
        if (header.Length < FrameFormat.HeaderLength || buffer.Length - FrameFormat.HeaderLength < length)
        {
            return FrameReadStatus.Incomplete;
        }

        _skipped = 0;
        var content = length == 0 ? ReadOnlySequence<byte>.Empty : buffer.Slice(FrameFormat.HeaderLength, length);
        frame = new Frame(header[..FrameFormat.HeaderLength], content);
        buffer = buffer.Slice(FrameFormat.HeaderLength + (long)length);
        return FrameReadStatus.Complete;
    }

    /// <summary>The content length that an incomplete frame declares; 0 until its first 8 bytes have arrived, and for bytes that are no frame.</summary>
    public static int ClaimedLength(in ReadOnlySequence<byte> incomplete)
    {
        if (incomplete.Length < FrameFormat.TypeOffset) return 0;
        Span<byte> start = stackalloc byte[FrameFormat.TypeOffset];
        incomplete.Slice(0, FrameFormat.TypeOffset).CopyTo(start);
        return !start.StartsWith(MagicPrefix) ? 0 : BinaryPrimitives.ReadInt32BigEndian(start[FrameFormat.LengthOffset..]);
    }

    private bool FindMagic(ref ReadOnlySequence<byte> buffer, FrameResync resync, out FrameReadStatus status)
    {
        status = FrameReadStatus.Incomplete;
        Span<byte> start = stackalloc byte[sizeof(int)];
        while (true)
        {
            var available = (int)Math.Min(buffer.Length, sizeof(int));
            if (available == 0) return false;
            if (buffer.FirstSpan.Length >= available) buffer.FirstSpan[..available].CopyTo(start);
            else buffer.Slice(0, available).CopyTo(start);

            if (MagicPrefix[..available].SequenceEqual(start[..available])) return available == sizeof(int);
            if (resync == FrameResync.Strict || _skipped == MaxSkippedBytes)
            {
                status = FrameReadStatus.BadMagic;
                return false;
            }

            _skipped++;
            buffer = buffer.Slice(1);
        }
    }

    private static ReadOnlySpan<byte> MagicPrefix => [0, 0, 0, FrameFormat.Magic];
}
