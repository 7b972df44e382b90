using System.Buffers;
using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Client.Connection;

/// <summary>Reads frames from a stream. Holds no buffer while no bytes arrive.</summary>
internal sealed class FrameReceiver(Stream stream, int maxContentBytes) : IDisposable
{
    private const int InitialBufferBytes = 2048;

    /// <summary>The minimum free space for a read: a smaller read is not worth a system call.</summary>
    private const int MinReadBytes = 512;

    private readonly PooledBuffer _buffer = new(InitialBufferBytes);
    private FrameReader _reader;

    /// <summary>True when part of a frame has arrived.</summary>
    public bool IsInsideFrame => _buffer.Length > 0;

    /// <summary>The number of bytes of the most recent read.</summary>
    public int LastReadBytes { get; private set; }

    /// <summary>Reads the available bytes. Returns false at the end of the stream.</summary>
    public async ValueTask<bool> ReadAsync()
    {
        // A zero-byte read waits for bytes without holding a buffer.
        if (_buffer.Length == 0) await stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);
        var read = await stream.ReadAsync(_buffer.GetMemory(MinReadBytes)).ConfigureAwait(false);
        _buffer.Advance(read);
        LastReadBytes = read;
        // At the end of the stream the array was rented but not used.
        if (_buffer.Length == 0) _buffer.Dispose();
        return read > 0;
    }

    /// <summary>The bytes that were read and not yet released.</summary>
    public ReadOnlySequence<byte> Unread => new(_buffer.Written);

    /// <summary>Reads the next frame from the front of <see cref="Unread"/>. The frame is valid until <see cref="Keep"/>.</summary>
    public FrameReadStatus TryRead(ref ReadOnlySequence<byte> unread, Span<byte> scratch, out Frame frame) =>
        _reader.TryRead(ref unread, scratch, maxContentBytes, FrameResync.Strict, out frame);

    /// <summary>Keeps the bytes that are still unread and releases the rest.</summary>
    public void Keep(in ReadOnlySequence<byte> unread) => _buffer.Consume(_buffer.Length - (int)unread.Length);

    public void Dispose() => _buffer.Dispose();
}
