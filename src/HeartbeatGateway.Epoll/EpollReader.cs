using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using HeartbeatGateway.Epoll.Native;

namespace HeartbeatGateway.Epoll;

/// <summary>
/// What the peer sends. A reader that waits is given the loop's block itself; what it does not consume is copied when it advances. So a connection without unread
/// bytes holds no buffer. Unread bytes stay in the kernel until the reader asks for them.
/// </summary>
internal sealed class EpollReader(EpollConnection connection) : PipeReader, IValueTaskSource<ReadResult>
{
    /// <summary>Fewer unread bytes than this are copied in front of the next ones. Behind more, the next ones are received.</summary>
    private const int MaxCopied = 1024;

    /// <summary>Own buffers of this size and more are of the pool.</summary>
    private const int MinPooled = 4096;

    /// <summary>An own buffer that is more times larger than its unread bytes is replaced: the rest of a large frame must not keep its memory.</summary>
    private const int MaxSlack = 4;

    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = !connection.IsInline };
    private ReceiveBlock? _block;
    private byte[]? _bytes;
    private int _start;
    private int _examined;
    private int _end;
    private int _phase;
    private volatile bool _isCanceled;
    private volatile bool _isTokenCanceled;
    private bool _isReading;
    private bool _mayReadAgain;
    private bool _isCompleted;
    private bool _isDone;
    private Exception? _failure;

    private enum Phase
    {
        /// <summary>The program has the turn.</summary>
        Running,

        /// <summary>The program waits for bytes.</summary>
        Waiting,

        /// <summary>The loop receives for the program, which waits; or the program itself receives.</summary>
        Receiving,
    }

    /// <summary>The program waits for bytes.</summary>
    public bool IsWaiting => Volatile.Read(ref _phase) == (int)Phase.Waiting;

    /// <summary>Bytes that were received and not examined, or may be received at this moment: a thread can lose its processor between the call and its result.</summary>
    public bool HasUnexamined => Volatile.Read(ref _phase) == (int)Phase.Receiving || Volatile.Read(ref _end) > Volatile.Read(ref _examined);

    /// <summary>Bytes of memory that the reader holds.</summary>
    public int BufferLength => _bytes?.Length ?? 0;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.CanBeCanceled) return ReadAsyncWith(cancellationToken);
        BeginRead();
        if (IsReady() || (connection.IsAwayFromLoop && ReceiveAway())) return new ValueTask<ReadResult>(TakeResult());
        _source.Reset();
        Interlocked.Exchange(ref _phase, (int)Phase.Waiting);
        connection.WantRead();
        // Whoever cancels sets the mark first and then looks at the phase.
        if ((_isCanceled || _isTokenCanceled || Volatile.Read(ref _failure) is not null) && TryLeaveWaiting()) return new ValueTask<ReadResult>(TakeResult());
        return new ValueTask<ReadResult>(this, _source.Version);
    }

    public override bool TryRead(out ReadResult result)
    {
        BeginRead();
        if (IsReady() || ReceiveAway())
        {
            result = TakeResult();
            return true;
        }

        _isReading = false;
        result = default;
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_isReading) throw new InvalidOperationException("No read is in progress.");
        if (_bytes is null)
        {
            _isReading = false;
            return;
        }

        var (start, seen) = (IndexOf(consumed), IndexOf(examined));
        if (start < _start || start > _end || seen > _end) throw new ArgumentOutOfRangeException(nameof(consumed), "The positions are not of the bytes that were read.");
        if (seen < start) throw new InvalidOperationException("The examined position is before the consumed one.");
        _isReading = false;
        _start = start;
        // After what the program has noted of the bytes: who finds none left to examine may look for that.
        Volatile.Write(ref _examined, seen);
        if (_start == _end) Drop();
        else if (_block is not null || _bytes.Length / MaxSlack > Math.Max(_end - _start, MinPooled)) CopyOut();
    }

    public override void CancelPendingRead()
    {
        _isCanceled = true;
        Interlocked.MemoryBarrier();
        if (TryLeaveWaiting()) _source.SetResult(true);
    }

    public override void Complete(Exception? exception = null)
    {
        if (_isDone) return;
        _isDone = true;
        if (Volatile.Read(ref _phase) != (int)Phase.Running)
        {
            // A read still waits, and the loop may be receiving for it at this moment: the buffer is left to the garbage collector.
            Abort(new InvalidOperationException("The reader has completed."));
            return;
        }

        _isReading = false;
        if (_bytes is not null) Drop();
    }

    /// <summary>The loop has seen that bytes can be received, or that the connection has ended. The program continues on this thread.</summary>
    /// <returns>False when the program does not wait for bytes.</returns>
    public bool OnReadable(EpollLoop loop)
    {
        if (Interlocked.CompareExchange(ref _phase, (int)Phase.Receiving, (int)Phase.Waiting) != (int)Phase.Waiting) return false;
        var isOwnBuffer = _end - _start >= MaxCopied;
        var hasReceived = false;
        try
        {
            hasReceived = Receive(isOwnBuffer ? null : loop.Block);
        }
        finally
        {
            // Also after an exception: the connection is aborted then, and the program is woken with that.
            if (!hasReceived) WaitAgain();
        }

        if (!hasReceived) return true;
        if (_block is not null) _block.Lend();
        Volatile.Write(ref _phase, (int)Phase.Running);
        _source.SetResult(true);
        return true;
    }

    /// <summary>The connection was aborted, and this descriptor closed: a program that waits is woken, on the thread pool.</summary>
    public void Abort(Exception reason)
    {
        Interlocked.CompareExchange(ref _failure, reason, null);
        if (TryLeaveWaiting()) ThreadPool.UnsafeQueueUserWorkItem(static reader => reader._source.SetResult(true), this, preferLocal: false);
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        _source.GetResult(token);
        return TakeResult();
    }

    private async ValueTask<ReadResult> ReadAsyncWith(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ReadResult result;
        await using (cancellationToken.UnsafeRegister(static reader => ((EpollReader)reader!).CancelByToken(), this))
        {
            result = await ReadAsync(CancellationToken.None);
        }

        _isTokenCanceled = false;
        if (result.IsCanceled || HasUnexamined || result.IsCompleted || !cancellationToken.IsCancellationRequested) return result;
        _isReading = false;
        throw new OperationCanceledException(cancellationToken);
    }

    private void CancelByToken()
    {
        _isTokenCanceled = true;
        Interlocked.MemoryBarrier();
        if (TryLeaveWaiting()) _source.SetResult(true);
    }

    private void BeginRead()
    {
        if (_isDone) throw new InvalidOperationException("The reader has completed.");
        if (_isReading && !_mayReadAgain) throw new InvalidOperationException("A read is already in progress.");
        (_isReading, _mayReadAgain) = (true, false);
        if (_block is not null) CopyOut();
    }

    /// <summary>The loop had nothing for the program. Whatever cancels the read may have looked at the phase meanwhile.</summary>
    private void WaitAgain()
    {
        Interlocked.Exchange(ref _phase, (int)Phase.Waiting);
        if ((_isCanceled || _isTokenCanceled || Volatile.Read(ref _failure) is not null) && TryLeaveWaiting()) _source.SetResult(true);
    }

    private bool TryLeaveWaiting() => Interlocked.CompareExchange(ref _phase, (int)Phase.Running, (int)Phase.Waiting) == (int)Phase.Waiting;

    private bool IsReady() => _end > _examined || _isCompleted || _isCanceled || Volatile.Read(ref _failure) is not null;

    private ReadResult TakeResult()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            _isReading = false;
            throw failure;
        }

        // A mark that is set from now on is for the next read. After a cancelled read the next one may begin without an advance.
        var isCanceled = _isCanceled;
        if (isCanceled) _isCanceled = false;
        _mayReadAgain = isCanceled;
        var bytes = _bytes is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(_bytes, _start, _end - _start);
        return new ReadResult(bytes, isCanceled, _isCompleted);
    }

    /// <summary>
    /// Receives on the thread of the program, which is not the loop's: a program that has left the loop's thread is busy, and a client that has just connected has
    /// often sent something, or has gone. So accepting does not get ahead of the loops in a storm, until the descriptors are used up.
    /// </summary>
    private bool ReceiveAway()
    {
        var block = _end - _start >= MaxCopied ? null : ReceiveBlock.Rent();
        Interlocked.Exchange(ref _phase, (int)Phase.Receiving);
        bool received;
        try
        {
            received = Receive(block);
        }
        finally
        {
            Volatile.Write(ref _phase, (int)Phase.Running);
        }

        if (block is null) return received;
        if (_block == block) block.Keep();
        else block.Return();
        return received;
    }

    /// <summary>Receives once: a receive shorter than the buffer has emptied the socket, and after a longer one the next event comes at once.</summary>
    /// <param name="block">Where to; null for the own buffer.</param>
    /// <returns>False when nothing was there.</returns>
    private bool Receive(ReceiveBlock? block)
    {
        ref var guard = ref connection.Guard;
        if (!guard.TryEnter()) return false;
        int received;
        try
        {
            received = block is null ? Libc.Receive(guard.Descriptor, Room()) : Libc.Receive(guard.Descriptor, block.Bytes.AsSpan(_end - _start));
        }
        finally
        {
            guard.Leave();
        }

        if (received > 0)
        {
            if (block is not null) MoveInto(block);
            _examined = _end;
            _end += received;
            return true;
        }

        if (received is -Libc.EAGAIN or -Libc.EINTR) return false;
        // The system tells an error once. When a send has got it, a receive sees the end of the stream.
        if (received == 0) received = -connection.SendError;
        if (received == 0) _isCompleted = true;
        else Interlocked.CompareExchange(ref _failure, SocketFailures.Of(-received), null);
        connection.PeerEnded();
        return true;
    }

    /// <summary>Puts the unread bytes in front of those that were received into a block, behind the room for them.</summary>
    private void MoveInto(ReceiveBlock block)
    {
        var unread = _end - _start;
        if (unread > 0) _bytes.AsSpan(_start, unread).CopyTo(block.Bytes);
        if (_bytes is not null) Drop();
        (_block, _bytes, _start, _end) = (block, block.Bytes, 0, unread);
    }

    /// <summary>Room behind the unread bytes in the own buffer, which grows as bytes come and not as a frame announces them.</summary>
    private Span<byte> Room()
    {
        var unread = _end - _start;
        if (_bytes!.Length - _end < MinPooled)
        {
            var larger = ArrayPool<byte>.Shared.Rent(unread * 2 < MinPooled * 2 ? MinPooled * 2 : unread * 2);
            _bytes.AsSpan(_start, unread).CopyTo(larger);
            ReturnBytes();
            (_bytes, _start, _examined, _end) = (larger, 0, unread, unread);
        }

        return _bytes.AsSpan(_end, Math.Min(_bytes.Length - _end, ReceiveBlock.Length));
    }

    /// <summary>The program has left bytes in a block, or few in a large buffer: they are copied, and that is free.</summary>
    private void CopyOut()
    {
        var unread = _end - _start;
        var own = unread < MaxCopied ? GC.AllocateUninitializedArray<byte>(unread) : ArrayPool<byte>.Shared.Rent(Math.Max(unread, MinPooled));
        _bytes.AsSpan(_start, unread).CopyTo(own);
        if (_block is not null) _block.Release();
        else ReturnBytes();
        (_block, _bytes, _examined, _start, _end) = (null, own, _examined - _start, 0, unread);
    }

    private void Drop()
    {
        if (_block is not null) _block.Release();
        else ReturnBytes();
        (_block, _bytes, _start, _examined) = (null, null, 0, 0);
        Volatile.Write(ref _end, 0);
    }

    private void ReturnBytes()
    {
        if (_bytes!.Length >= MinPooled) ArrayPool<byte>.Shared.Return(_bytes);
    }

    private int IndexOf(SequencePosition position) => position.GetObject() is null ? _start : position.GetInteger();
}
