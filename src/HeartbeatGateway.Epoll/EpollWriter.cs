using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using HeartbeatGateway.Epoll.Native;

namespace HeartbeatGateway.Epoll;

/// <summary>
/// What is sent to the peer. A flush gives the bytes to the kernel on the caller's thread. Only what the kernel does not take is kept, in a <see cref="Backlog"/>,
/// which the loop sends when there is room. A flush completes when the kernel has every byte.
/// </summary>
internal sealed class EpollWriter(EpollConnection connection) : PipeWriter
{
    private const int MinBuffer = 4096;

    private byte[]? _buffer;
    private int _length;
    private Backlog? _backlog;
    private bool _isDone;
    private volatile bool _isCanceled;
    private volatile bool _isTokenCanceled;
    private volatile bool _isClosed;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _length;

    private bool IsInline => connection.IsInline;

    /// <summary>Flushed bytes wait for room in the kernel.</summary>
    public bool HasBacklog => Volatile.Read(ref _backlog) is not null;

    /// <summary>Neither written nor flushed bytes hold memory.</summary>
    public bool IsEmpty => _buffer is null && !HasBacklog;

    public override Memory<byte> GetMemory(int sizeHint = 0) => Reserve(sizeHint).AsMemory(_length);

    public override Span<byte> GetSpan(int sizeHint = 0) => Reserve(sizeHint).AsSpan(_length);

    public override void Advance(int bytes)
    {
        if (bytes < 0 || bytes > (_buffer?.Length ?? 0) - _length)
        {
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "The count is negative or larger than the requested buffer.");
        }

        _length += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.CanBeCanceled) return FlushAsyncWith(cancellationToken);
        Send();
        if (Volatile.Read(ref _backlog) is { } backlog && backlog.TryWait(out var wait))
        {
            // Whoever cancels sets the mark first and then looks for a waiting flush.
            if (_isCanceled || _isTokenCanceled) backlog.CancelWait();
            return wait;
        }

        return new ValueTask<FlushResult>(TakeResult());
    }

    public override void CancelPendingFlush()
    {
        _isCanceled = true;
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _backlog)?.CancelWait();
    }

    public override void Complete(Exception? exception = null)
    {
        if (_isDone) return;
        _isDone = true;
        Send();
    }

    /// <summary>The loop has seen that the kernel has room, or that the connection has failed.</summary>
    public void OnWritable()
    {
        if (Volatile.Read(ref _backlog) is not { } backlog) return;
        var isSent = false;
        lock (backlog)
        {
            // The loop and a thread that closes can both come here with the same backlog.
            if (backlog.IsReleased) return;
            while (!isSent)
            {
                var sent = SendNow(backlog.Unsent);
                if (sent == -Libc.EINTR) continue;
                if (sent == -Libc.EAGAIN) return;
                if (sent < 0) Fail(-sent);
                isSent = sent < 0 || backlog.Take(sent);
            }

            backlog.Release();
            Volatile.Write(ref _backlog, null);
        }

        connection.WantWrite(false);
        // A program that does not wait for its flush may have left a new backlog meanwhile, before the interest was removed.
        if (HasBacklog) connection.WantWrite(true);
        backlog.Finish();
    }

    /// <summary>Nothing more is sent. A waiting flush is completed on the thread pool.</summary>
    public void Close()
    {
        _isClosed = true;
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _backlog) is { } backlog) ThreadPool.UnsafeQueueUserWorkItem(static writer => writer.OnWritable(), this, preferLocal: false);
    }

    /// <summary>Completes when the kernel has every flushed byte, or nothing more is sent.</summary>
    public Task WhenSentAsync() => Volatile.Read(ref _backlog)?.WhenReleasedAsync() ?? Task.CompletedTask;

    private async ValueTask<FlushResult> FlushAsyncWith(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        FlushResult result;
        await using (cancellationToken.UnsafeRegister(static writer => ((EpollWriter)writer!).CancelByToken(), this))
        {
            result = await FlushAsync(CancellationToken.None);
        }

        // A token that is cancelled too late must not reach the next flush.
        var isTokenCanceled = _isTokenCanceled;
        _isTokenCanceled = false;
        if (isTokenCanceled && HasBacklog && !result.IsCanceled) throw new OperationCanceledException(cancellationToken);
        return result;
    }

    private void CancelByToken()
    {
        _isTokenCanceled = true;
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _backlog)?.CancelWait();
    }

    private FlushResult TakeResult()
    {
        var isCanceled = _isCanceled;
        if (isCanceled) _isCanceled = false;
        return new FlushResult(isCanceled, _isClosed);
    }

    private byte[] Reserve(int sizeHint)
    {
        if (_isDone) throw new InvalidOperationException("The writer has completed.");
        var needed = _length + Math.Max(1, sizeHint);
        if (_buffer is not null && needed <= _buffer.Length) return _buffer;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(MinBuffer, needed));
        if (_buffer is not null)
        {
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        return _buffer = larger;
    }

    /// <summary>Sends what was written, as far as the kernel takes it, and keeps the rest.</summary>
    private void Send()
    {
        if (_buffer is not { } buffer) return;
        var length = _length;
        (_buffer, _length) = (null, 0);
        if (Volatile.Read(ref _backlog) is { } existing && existing.TryAppend(buffer.AsSpan(0, length)))
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return;
        }

        var sent = 0;
        while (sent < length && !_isClosed)
        {
            var result = SendNow(buffer.AsSpan(sent, length - sent));
            if (result == -Libc.EINTR) continue;
            if (result == -Libc.EAGAIN)
            {
                Volatile.Write(ref _backlog, new Backlog(this, buffer, sent, length));
                connection.WantWrite(true);
                Interlocked.MemoryBarrier();
                // Closed before the backlog was there to be seen.
                if (_isClosed) Close();
                return;
            }

            if (result < 0) Fail(-result);
            else sent += result;
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private void Fail(int error)
    {
        connection.SendFailed(error);
        _isClosed = true;
    }

    private int SendNow(ReadOnlySpan<byte> bytes)
    {
        ref var guard = ref connection.Guard;
        if (_isClosed || !guard.TryEnter()) return -Libc.EPIPE;
        try
        {
            return Libc.Send(guard.Descriptor, bytes);
        }
        finally
        {
            guard.Leave();
        }
    }

    /// <summary>Bytes that the kernel has not taken yet, and the flush that waits for them. It is left behind when they are sent.</summary>
    private sealed class Backlog(EpollWriter writer, byte[] bytes, int start, int end) : IValueTaskSource<FlushResult>
    {
        private ManualResetValueTaskSourceCore<FlushResult> _source = new() { RunContinuationsAsynchronously = !writer.IsInline };
        private byte[] _bytes = bytes;
        private int _start = start;
        private int _end = end;
        private TaskCompletionSource? _released;
        private bool _isWaited;

        public bool IsReleased { get; private set; }

        public ReadOnlySpan<byte> Unsent => _bytes.AsSpan(_start, _end - _start);

        /// <returns>True when nothing is left.</returns>
        public bool Take(int sent)
        {
            _start += sent;
            return _start == _end;
        }

        public void Release()
        {
            IsReleased = true;
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
            _start = _end = 0;
        }

        /// <summary>Beside a flush, which may wait as well.</summary>
        public Task WhenReleasedAsync()
        {
            lock (this)
            {
                if (IsReleased) return Task.CompletedTask;
                _released ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return _released.Task;
            }
        }

        /// <returns>False when the kernel has taken all meanwhile.</returns>
        public bool TryAppend(ReadOnlySpan<byte> more)
        {
            lock (this)
            {
                if (IsReleased) return false;
                if (_end + more.Length > _bytes.Length)
                {
                    var unsent = _end - _start;
                    var larger = ArrayPool<byte>.Shared.Rent(Math.Max(unsent * 2, unsent + more.Length));
                    Unsent.CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(_bytes);
                    (_bytes, _start, _end) = (larger, 0, unsent);
                }

                more.CopyTo(_bytes.AsSpan(_end));
                _end += more.Length;
                return true;
            }
        }

        /// <returns>False when there is nothing to wait for any more.</returns>
        public bool TryWait(out ValueTask<FlushResult> wait)
        {
            lock (this)
            {
                wait = default;
                if (IsReleased) return false;
                if (_isWaited) throw new InvalidOperationException("A flush is already in progress.");
                _isWaited = true;
                _source.Reset();
                wait = new ValueTask<FlushResult>(this, _source.Version);
                return true;
            }
        }

        /// <summary>Ends all waits, once it is released.</summary>
        public void Finish()
        {
            _released?.SetResult();
            CancelWait();
        }

        public FlushResult GetResult(short token) => _source.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _source.OnCompleted(continuation, state, token, flags);

        /// <summary>Ends the wait of the flush, and not the sending.</summary>
        public void CancelWait()
        {
            lock (this)
            {
                if (!_isWaited) return;
                _isWaited = false;
            }

            _source.SetResult(writer.TakeResult());
        }
    }
}
