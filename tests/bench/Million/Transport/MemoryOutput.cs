using System.Buffers;
using System.IO.Pipelines;

namespace HeartbeatGateway.Million.Transport;

/// <summary>
/// What the server sends, as it writes it. The peer accepts everything at once, so a flush completes before it returns, as on a socket whose
/// kernel buffer has room. It holds no buffer between flushes.
/// </summary>
internal sealed class MemoryOutput(IMemoryPeer peer, int client) : PipeWriter
{
    private const int BlockBytes = 4096;

    private byte[]? _block;
    private int _written;
    private bool _writerIsDone;
    private volatile bool _isCanceled;
    private volatile bool _isClosed;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _written;

    /// <summary>The peer receives nothing more.</summary>
    public void Close() => _isClosed = true;

    public override Memory<byte> GetMemory(int sizeHint = 0) => Reserve(sizeHint).AsMemory(_written);

    public override Span<byte> GetSpan(int sizeHint = 0) => Reserve(sizeHint).AsSpan(_written);

    public override void Advance(int bytes)
    {
        if (bytes < 0 || _written + bytes > (_block?.Length ?? 0))
        {
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "The count is negative or larger than the requested buffer.");
        }

        _written += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Deliver();
        var isCanceled = _isCanceled;
        if (isCanceled) _isCanceled = false;
        return new ValueTask<FlushResult>(new FlushResult(isCanceled, _isClosed));
    }

    public override void CancelPendingFlush() => _isCanceled = true;

    /// <summary>Bytes that were written but not flushed are still sent, as in a pipe.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (_writerIsDone) return;
        Deliver();
        _writerIsDone = true;
    }

    private byte[] Reserve(int sizeHint)
    {
        if (_writerIsDone) throw new InvalidOperationException("The writer has completed.");
        var needed = _written + Math.Max(1, sizeHint);
        if (_block is not null && needed <= _block.Length) return _block;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(BlockBytes, needed));
        if (_block is not null)
        {
            _block.AsSpan(0, _written).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_block);
        }

        return _block = larger;
    }

    private void Deliver()
    {
        if (_block is not { } block) return;
        if (_written > 0 && !_isClosed) peer.Received(client, block.AsSpan(0, _written));
        ArrayPool<byte>.Shared.Return(block);
        (_block, _written) = (null, 0);
    }
}
