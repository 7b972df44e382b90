using System.Buffers;
using System.Buffers.Binary;

namespace HeartbeatGateway.Protocol.Frames;

/// <summary>
/// Cuts frames out of a byte stream, without copying content and without allocating. Holds the few bytes of state that
/// must survive between reads; one per connection.
/// </summary>
public struct FrameReader
{
    /// <summary>How many bytes in a row <see cref="FrameResync.Scan"/> skips before it gives up (the article's 2,048).</summary>
    public const int MaxSkippedBytes = 2048;

    private int _skipped;

    /// <summary>
    /// Takes the next frame off the start of <paramref name="buffer"/>. The length is checked as soon as its four bytes are
    /// there, before anything is kept or allocated on its word.
    /// </summary>
    /// <param name="buffer">Unread bytes; on <see cref="FrameReadStatus.Complete"/> it starts behind the frame, and bytes skipped by <see cref="FrameResync.Scan"/> are gone from it in any case.</param>
    /// <param name="scratch">158 bytes, used when the header lies across segments; must outlive <paramref name="frame"/>.</param>
    /// <param name="maxContentBytes">The largest content accepted, in bytes.</param>
    /// <param name="resync">What to do about bytes that are not a frame.</param>
    /// <param name="frame">The frame; a view into the buffer.</param>
    public FrameReadStatus TryRead(
        ref ReadOnlySequence<byte> buffer, Span<byte> scratch, int maxContentBytes, FrameResync resync, out Frame frame)
    {
        frame = default;
        var header = buffer.FirstSpan;
        // Nearly always a whole header lies in one piece and starts with the magic number.
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

    /// <summary>The content length that an unfinished frame claims, or 0 while its first 8 bytes are not there.</summary>
    public static int ClaimedLength(in ReadOnlySequence<byte> incomplete)
    {
        if (incomplete.Length < FrameFormat.TypeOffset) return 0;
        Span<byte> start = stackalloc byte[FrameFormat.TypeOffset];
        incomplete.Slice(0, FrameFormat.TypeOffset).CopyTo(start);
        return BinaryPrimitives.ReadInt32BigEndian(start[FrameFormat.LengthOffset..]);
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
