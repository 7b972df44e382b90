using System.Buffers;
using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Client.Connection;

/// <summary>Reads a stream and cuts frames out of it. Holds no buffer while nothing comes.</summary>
internal sealed class FrameReceiver(Stream stream, int maxContentBytes) : IDisposable
{
    private const int InitialBufferBytes = 2048;

    /// <summary>Room for less is not worth a system call.</summary>
    private const int MinReadBytes = 512;

    private readonly PooledBuffer _buffer = new(InitialBufferBytes);
    private FrameReader _reader;

    /// <summary>True when a frame was begun and is not complete.</summary>
    public bool IsInsideFrame => _buffer.Length > 0;

    /// <summary>Reads what there is; false at the end of the stream.</summary>
    public async ValueTask<bool> ReadAsync()
    {
        // A read of nothing waits until there is something, with no buffer in its hands.
        if (_buffer.Length == 0) await stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);
        var read = await stream.ReadAsync(_buffer.GetMemory(MinReadBytes)).ConfigureAwait(false);
        _buffer.Advance(read);
        // The array may have been rented for nothing.
        if (_buffer.Length == 0) _buffer.Dispose();
        return read > 0;
    }

    /// <summary>What was read and not yet released.</summary>
    public ReadOnlySequence<byte> Unread => new(_buffer.Written);

    /// <summary>Takes the next frame off the front of <see cref="Unread"/>; it is valid until <see cref="Keep"/>.</summary>
    public FrameReadStatus TryRead(ref ReadOnlySequence<byte> unread, Span<byte> scratch, out Frame frame) =>
        _reader.TryRead(ref unread, scratch, maxContentBytes, FrameResync.Strict, out frame);

    /// <summary>Releases all but the bytes that are still unread.</summary>
    public void Keep(in ReadOnlySequence<byte> unread) => _buffer.Consume(_buffer.Length - (int)unread.Length);

    public void Dispose() => _buffer.Dispose();
}
