using System.Buffers;
using System.IO.Pipelines;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Server.Timeouts;

namespace HeartbeatGateway.Server.Connection;

/// <summary>
/// Holds the bytes of a connection until they are whole frames. A client's bytes wait in the transport's pipe, which hands out blocks of 4 KiB and takes a
/// new one as soon as half of the last is used. Before the first valid frame they are copied out of it: an unauthenticated connection buffers at most
/// the bytes it has sent.
/// </summary>
internal struct FrameBuffer
{
    private FrameReader _reader;
    private PreAuthBuffer? _held;
    private int _taken;
    private int _seen;

    /// <summary>The frame of which the first bytes were read; default while there is none.</summary>
    public PartialFrame Partial { get; private set; }

    /// <summary>How many of these bytes were not there at the last read.</summary>
    public readonly long CountNew(in ReadOnlySequence<byte> read) => read.Length - _seen;

    /// <summary>Begins to work on what was read.</summary>
    /// <param name="read">What the transport's pipe holds.</param>
    /// <param name="mostHeld">The largest number of bytes held before the first valid frame.</param>
    /// <returns>What is to be cut into frames.</returns>
    public ReadOnlySequence<byte> Open(in ReadOnlySequence<byte> read, int mostHeld)
    {
        if (_held is null) return read;
        _taken = (int)Math.Min(read.Length, Math.Max(1, mostHeld - _held.Count));
        return _held.Append(read.Slice(0, _taken));
    }

    /// <inheritdoc cref="FrameReader.TryRead"/>
    public FrameReadStatus TryRead(ref ReadOnlySequence<byte> bytes, Span<byte> scratch, int maxContentBytes, FrameResync resync, out Frame frame)
    {
        var before = bytes.Length;
        var status = _reader.TryRead(ref bytes, scratch, maxContentBytes, resync, out frame);
        if (bytes.Length < before) Partial = default;
        return status;
    }

    /// <summary>Takes frames off the start of the bytes that are, byte for byte, the one before them.</summary>
    /// <param name="bytes">What follows that frame.</param>
    /// <param name="header">That frame, which has no content.</param>
    /// <param name="most">No more than so many.</param>
    /// <returns>How many were taken.</returns>
    public static int TakeRepeats(ref ReadOnlySequence<byte> bytes, ReadOnlySpan<byte> header, int most)
    {
        var count = 0;
        for (var rest = bytes.FirstSpan; count < most && rest.StartsWith(header); rest = rest[header.Length..]) count++;
        if (count > 0) bytes = bytes.Slice(count * header.Length);
        return count;
    }

    /// <summary>Ends the work on what was read: releases the bytes that the transport need not keep.</summary>
    /// <param name="input">The transport's pipe.</param>
    /// <param name="read">What was read.</param>
    /// <param name="rest">What is left of that which <see cref="Open"/> gave.</param>
    /// <param name="isUnauthenticated">No valid frame was read so far.</param>
    /// <param name="isStopped">There may be whole frames in the rest, to be read later.</param>
    /// <param name="mostHeld">The largest number of bytes held before the first valid frame.</param>
    /// <returns>True when the next read is to go on with what is there, without waiting for more.</returns>
    public bool Close(PipeReader input, in ReadOnlySequence<byte> read, in ReadOnlySequence<byte> rest, bool isUnauthenticated, bool isStopped, int mostHeld)
    {
        // Of the read bytes, the first so many are done with: parsed, or held here.
        long done;
        if (isUnauthenticated && !rest.IsEmpty && (_held is not null || rest.Length <= mostHeld))
        {
            done = _held is null ? read.Length : _taken;
            (_held ??= new PreAuthBuffer()).Keep(rest);
        }
        else
        {
            // What follows the first valid frame is still in the pipe, and is read from there.
            done = _held is null ? read.Length - rest.Length : _taken - rest.Length;
            isStopped |= _held is not null && done < read.Length;
            _held = null;
        }

        _seen = (int)(read.Length - done);
        var hasMore = isStopped || (_held is not null && _seen > 0);
        var position = read.GetPosition(done);
        input.AdvanceTo(position, hasMore ? position : read.End);
        return hasMore;
    }

    /// <summary>Notes a frame of which only a part has come.</summary>
    /// <param name="rest">That part.</param>
    /// <param name="now">Timestamp of the read.</param>
    /// <returns>True when it has just begun.</returns>
    public bool NotePartial(in ReadOnlySequence<byte> rest, long now)
    {
        var isNew = !Partial.Exists;
        Partial = Partial.With(rest, now);
        return isNew;
    }
}
