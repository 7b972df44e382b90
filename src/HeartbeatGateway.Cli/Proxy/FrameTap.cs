using System.Buffers.Binary;
using HeartbeatGateway.Cli.Frames;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Cli.Proxy;

/// <summary>
/// Reads along in one direction of a connection and splits the bytes into frames and other bytes. It keeps at most one frame: memory grows
/// with received bytes, up to the largest accepted frame, never with a declared length.
/// </summary>
/// <param name="explain">Explains one frame or one sequence of stray bytes.</param>
/// <param name="maxContentBytes">The largest accepted content, in bytes.</param>
/// <param name="show">Receives each part with its offset in the stream.</param>
/// <param name="showMore">Receives the number of stray bytes after a shown part.</param>
internal sealed class FrameTap(
    Func<ReadOnlyMemory<byte>, ExplainedPart> explain,
    int maxContentBytes,
    Action<long, ReadOnlyMemory<byte>, ExplainedPart> show,
    Action<long> showMore)
{
    // Enough to recognise another protocol by its first bytes.
    private const int ShownStrayBytes = 64;
    private const int FirstSize = 1024;

    private byte[] _buffer = new byte[FirstSize];
    private int _length;
    private long _offset;
    private long _bytes;
    private long _frames;
    private long _notValid;
    private bool _isStray;
    private long _more;

    private static ReadOnlySpan<byte> Magic => [0, 0, 0, FrameFormat.Magic];

    public ProxyTraffic Traffic => new(_bytes, _frames, _notValid);

    /// <summary>Takes the next bytes of the stream.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        _bytes += bytes.Length;
        while (!bytes.IsEmpty)
        {
            // The buffer takes no more than a frame at a time, however much arrives at once.
            var room = (int)Math.Min(bytes.Length, FrameFormat.HeaderLength + (long)maxContentBytes - _length);
            Append(bytes[..room]);
            bytes = bytes[room..];
            var used = 0;
            while (Next(_buffer.AsSpan(used, _length - used)) is var count and > 0)
            {
                Take(_buffer.AsMemory(used, count));
                used += count;
            }

            _buffer.AsSpan(used, _length - used).CopyTo(_buffer);
            _length -= used;
        }
    }

    /// <summary>The stream has ended: what is left is an incomplete frame.</summary>
    public void End()
    {
        if (_length > 0) Take(_buffer.AsMemory(0, _length));
        _length = 0;
        EndStray();
    }

    /// <summary>The length of the next part at the start of the bytes; 0 when more bytes are needed to know it.</summary>
    private int Next(ReadOnlySpan<byte> rest)
    {
        if (!StartsLikeMagic(rest)) return StrayLength(rest);
        if (rest.Length < FrameFormat.TypeOffset) return 0;
        var length = BinaryPrimitives.ReadInt32BigEndian(rest[FrameFormat.LengthOffset..]);
        // The end of a frame with a wrong length is unknown; what follows is read up to the next magic.
        if (length < 0 || length > maxContentBytes) return Magic.Length + StrayLength(rest[Magic.Length..]);
        return rest.Length < FrameFormat.HeaderLength + length ? 0 : FrameFormat.HeaderLength + length;
    }

    /// <summary>The bytes before the next magic. The last bytes are kept when they can be the start of one.</summary>
    private static int StrayLength(ReadOnlySpan<byte> rest)
    {
        var next = rest.IndexOf(Magic);
        if (next >= 0) return next;
        var start = Math.Max(rest.Length - Magic.Length + 1, 0);
        while (start < rest.Length && !StartsLikeMagic(rest[start..])) start++;
        return start;
    }

    private static bool StartsLikeMagic(ReadOnlySpan<byte> bytes) => Magic.StartsWith(bytes[..Math.Min(bytes.Length, Magic.Length)]);

    private void Take(ReadOnlyMemory<byte> bytes)
    {
        var isFrame = StartsLikeMagic(bytes.Span);
        if (isFrame) EndStray();
        if (!isFrame && _isStray)
        {
            _more += bytes.Length;
        }
        else
        {
            var shown = isFrame ? bytes : bytes[..Math.Min(bytes.Length, ShownStrayBytes)];
            var part = explain(shown);
            if (part.IsComplete) _frames++;
            if (!part.IsValid) _notValid++;
            show(_offset, shown, part);
            // After an unknown end of a frame, the bytes up to the next magic belong to it.
            _isStray = !part.IsComplete;
            _more = bytes.Length - shown.Length;
        }

        _offset += bytes.Length;
    }

    private void EndStray()
    {
        if (_more > 0) showMore(_more);
        (_isStray, _more) = (false, 0);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > _buffer.Length) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + bytes.Length));
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }
}
