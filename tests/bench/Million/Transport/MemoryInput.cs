using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace HeartbeatGateway.Million.Transport;

/// <summary>
/// What a client sends, as the server reads it. It implements the contract of a <see cref="Pipe"/> with an inline reader in a hundred bytes.
/// As with Kestrel's sockets, a connection without unread bytes holds no buffer, and the reader continues on the thread that delivers the bytes.
/// </summary>
internal sealed class MemoryInput : PipeReader, IValueTaskSource<ReadResult>
{
    /// <summary>The maximum of unread bytes, the same as in Kestrel's pipes with the service's settings.</summary>
    public const int MaxUnreadBytes = 64 * 1024;

    private const int BlockBytes = 4096;

    private byte[]? _block;
    private int _start;
    private int _examined;
    private int _end;
    private Action<object?>? _continuation;
    private object? _state;
    private Exception? _failure;
    private short _version;
    private bool _isReading;
    private bool _isWaiting;
    private bool _isCanceled;
    private bool _isCompleted;
    private bool _readerIsDone;

    private bool IsReady => _end > _examined || _isCompleted || _isCanceled;

    /// <summary>The client sends bytes. A reader that waits for them runs before this method returns.</summary>
    /// <returns>False when the bytes are not accepted: too many bytes are unread, or reading has ended.</returns>
    public bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        Action<object?>? continuation;
        object? state;
        lock (this)
        {
            if (_readerIsDone || _isCompleted || _end - _start + bytes.Length > MaxUnreadBytes) return false;
            Reserve(bytes.Length);
            bytes.CopyTo(_block.AsSpan(_end));
            _end += bytes.Length;
            (continuation, state) = TakeContinuation();
        }

        continuation?.Invoke(state);
        return true;
    }

    /// <summary>Ends the input: the client has closed the connection, or, with an exception, the connection has failed.</summary>
    public void Close(Exception? failure = null)
    {
        Action<object?>? continuation;
        object? state;
        lock (this)
        {
            if (_isCompleted) return;
            (_isCompleted, _failure) = (true, failure);
            (continuation, state) = TakeContinuation();
        }

        continuation?.Invoke(state);
    }

    /// <remarks>The cancellation token is ignored: the server ends a read by <see cref="CancelPendingRead"/>.</remarks>
    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        lock (this)
        {
            BeginRead();
            if (IsReady) return new ValueTask<ReadResult>(TakeResult());
            _isWaiting = true;
            return new ValueTask<ReadResult>(this, ++_version);
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        lock (this)
        {
            BeginRead();
            _isReading = IsReady;
            result = _isReading ? TakeResult() : default;
            return _isReading;
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (this)
        {
            if (!_isReading) throw new InvalidOperationException("No read is in progress.");
            _isReading = false;
            _start = Math.Max(_start, IndexOf(consumed));
            // As with a pipe: what was examined once stays so, and a read waits for more.
            _examined = Math.Max(Math.Max(_start, _examined), IndexOf(examined));
            if (_start == _end) Release();
        }
    }

    public override void CancelPendingRead()
    {
        Action<object?>? continuation;
        object? state;
        lock (this)
        {
            _isCanceled = true;
            (continuation, state) = TakeContinuation();
        }

        continuation?.Invoke(state);
    }

    public override void Complete(Exception? exception = null)
    {
        lock (this)
        {
            if (_readerIsDone) return;
            _readerIsDone = true;
            _isReading = false;
            Release();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token)
    {
        lock (this)
        {
            CheckWait(token);
            if (!IsReady) return ValueTaskSourceStatus.Pending;
            return _failure is null ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Faulted;
        }
    }

    // The flags are ignored: an async method carries its execution context itself, and a server has no synchronization context.
    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        lock (this)
        {
            CheckWait(token);
            if (!IsReady)
            {
                if (_continuation is not null) throw new InvalidOperationException("Another continuation already waits for this read.");
                (_continuation, _state) = (continuation, state);
                return;
            }
        }

        // Bytes arrived between the read and the wait for it. The continuation must not run on this stack: the reader has not returned from it yet.
        ThreadPool.UnsafeQueueUserWorkItem(continuation, state, preferLocal: true);
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        lock (this)
        {
            CheckWait(token);
            if (!IsReady) throw new InvalidOperationException("The read is not complete.");
            _isWaiting = false;
            return TakeResult();
        }
    }

    private static int IndexOf(SequencePosition position) => position.GetObject() is byte[] { Length: > 0 } ? position.GetInteger() : 0;

    private void BeginRead()
    {
        if (_readerIsDone) throw new InvalidOperationException("The reader has completed.");
        if (_isReading) throw new InvalidOperationException("A read is already in progress.");
        _isReading = true;
    }

    private void CheckWait(short token)
    {
        if (!_isWaiting || token != _version) throw new InvalidOperationException("This wait is over.");
    }

    private ReadResult TakeResult()
    {
        if (_failure is not null)
        {
            _isReading = false;
            throw _failure;
        }

        var isCanceled = _isCanceled;
        _isCanceled = false;
        var bytes = _block is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(_block, _start, _end - _start);
        return new ReadResult(bytes, isCanceled, _isCompleted);
    }

    private (Action<object?>? Continuation, object? State) TakeContinuation()
    {
        var taken = (_continuation, _state);
        (_continuation, _state) = (null, null);
        return taken;
    }

    private void Reserve(int bytes)
    {
        if (_block is null)
        {
            _block = ArrayPool<byte>.Shared.Rent(Math.Max(BlockBytes, bytes));
            return;
        }

        if (_end + bytes <= _block.Length) return;
        if (!_isReading)
        {
            MoveTo(_end - _start + bytes <= _block.Length ? _block : ArrayPool<byte>.Shared.Rent(_end - _start + bytes));
            return;
        }

        // The bytes keep their offsets, since the reader holds positions in the old block. It still reads that block, so the block is not returned.
        var larger = ArrayPool<byte>.Shared.Rent(_end + bytes);
        _block.AsSpan(_start.._end).CopyTo(larger.AsSpan(_start));
        _block = larger;
    }

    /// <summary>Moves the unread bytes to the start of a block. The reader must hold no position.</summary>
    private void MoveTo(byte[] block)
    {
        _block.AsSpan(_start.._end).CopyTo(block);
        if (block != _block) ArrayPool<byte>.Shared.Return(_block!);
        (_block, _start, _examined, _end) = (block, 0, _examined - _start, _end - _start);
    }

    private void Release()
    {
        if (_block is not null) ArrayPool<byte>.Shared.Return(_block);
        _block = null;
        _start = _examined = _end = 0;
    }
}
