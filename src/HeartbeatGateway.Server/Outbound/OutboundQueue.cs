using System.Buffers;
using System.IO.Pipelines;

namespace HeartbeatGateway.Server.Outbound;

/// <summary>The result of queueing a frame.</summary>
internal enum OutboundResult
{
    /// <summary>It will be sent, unless the connection ends first.</summary>
    Accepted,

    /// <summary>Too many bytes are pending for this client; the frame was dropped.</summary>
    Full,

    /// <summary>The connection has ended; the frame was dropped.</summary>
    Ended,
}

/// <summary>A write that the transport has not taken.</summary>
/// <param name="Since">Timestamp since when no byte was taken.</param>
/// <param name="AcknowledgedBytes">The bytes that the peer had acknowledged at that time; null if the transport cannot report them.</param>
internal sealed record BlockedWrite(long Since, long? AcknowledgedBytes);

/// <summary>
/// All output of one connection, in one order: answers, pushes and the last frame never interleave. Callers never wait: a frame is either accepted, or
/// rejected because too many bytes are pending. At most one flush is in progress. A caller that finds none starts one on its own thread. Frames that
/// are queued during a flush wait.
/// </summary>
internal sealed class OutboundQueue(IOutboundOwner owner)
{
    // Bytes handed to the transport at a time while there is a backlog. Write progress is measured in these steps.
    private const int ChunkBytes = 16 * 1024;

    // Other threads may keep adding frames during a flush. After this many rounds it continues on the thread pool, not on the caller's thread.
    private const int RoundsOnCallersThread = 4;

    private PipeWriter? _writer;
    private Queue<Frame>? _waiting;
    private TaskCompletionSource? _waiter;
    private BlockedWrite? _blocked;
    private int _pending;
    private int _pendingAnswers;
    private Batch _inTransport;
    private State _state;
    private bool _flushing;
    private bool _isSealed;
    private bool _waitsForAnswersOnly;

    private enum State : byte
    {
        Open,

        /// <summary>Accepted frames are still sent; no further frame is accepted.</summary>
        Sealed,

        /// <summary>No further frame is sent.</summary>
        Ended,
    }

    private object Gate => this;

    /// <summary>Bytes accepted and not yet taken by the transport.</summary>
    public int PendingBytes => Volatile.Read(ref _pending);

    /// <summary>The pending bytes that are answers to the client's own frames.</summary>
    public int PendingAnswerBytes => Volatile.Read(ref _pendingAnswers);

    /// <summary>Bytes of answers that can be accepted now.</summary>
    public int Room(int maxAnswerBytes, int maxPendingBytes) => Math.Min(maxAnswerBytes - PendingAnswerBytes, maxPendingBytes - PendingBytes);

    /// <summary>The write that the transport has not taken yet; null when there is none.</summary>
    public BlockedWrite? Blocked => Volatile.Read(ref _blocked);

    /// <summary>Gives the queue its transport. Nothing is written before this call.</summary>
    public void Attach(PipeWriter writer) => _writer = writer;

    /// <summary>Accepts a frame without sending it yet.</summary>
    /// <param name="frame">An encoded frame.</param>
    /// <param name="maxPendingBytes">The bound of pending bytes: a frame that would exceed it is rejected.</param>
    /// <param name="isAnswer">True for an answer to a frame of the client.</param>
    /// <param name="times">How many copies to send: either all are accepted or none.</param>
    /// <param name="isBorrowed">The frame's memory changes after this call, so a frame that has to wait is copied.</param>
    public OutboundResult TryWrite(ReadOnlyMemory<byte> frame, int maxPendingBytes, bool isAnswer = false, int times = 1, bool isBorrowed = false)
    {
        lock (Gate)
        {
            return WriteLocked(frame, maxPendingBytes, isAnswer, times, isBorrowed);
        }
    }

    /// <summary>Accepts one last frame and then no more, in one step. Pending frames are still sent.</summary>
    /// <param name="lastFrame">An encoded frame; empty for none.</param>
    /// <param name="maxPendingBytes">The bound of pending bytes, which applies to the last frame as well.</param>
    /// <param name="last">The result for the last frame.</param>
    /// <returns>False when the queue was sealed before.</returns>
    public bool TrySeal(ReadOnlyMemory<byte> lastFrame, int maxPendingBytes, out OutboundResult last)
    {
        TaskCompletionSource? waiter;
        lock (Gate)
        {
            last = OutboundResult.Ended;
            if (_isSealed) return false;
            _isSealed = true;
            if (!lastFrame.IsEmpty) last = WriteLocked(lastFrame, maxPendingBytes, isAnswer: false, times: 1, isBorrowed: false);
            if (_state == State.Open) _state = State.Sealed;
            waiter = TakeSatisfiedWaiter();
        }

        waiter?.TrySetResult();
        return true;
    }

    /// <summary>Sends the accepted frames. A flush that is in progress already sends them too.</summary>
    public void Flush(long now)
    {
        lock (Gate)
        {
            if (_flushing || _state == State.Ended || _inTransport.Bytes == 0) return;
            _flushing = true;
        }

        for (var round = 0; round < RoundsOnCallersThread; round++)
        {
            ValueTask<FlushResult> flush;
            try
            {
                flush = _writer!.FlushAsync();
            }
            catch (Exception e)
            {
                Fail(e);
                return;
            }

            if (!flush.IsCompletedSuccessfully)
            {
                _ = FinishFlushAsync(flush, now);
                return;
            }

            if (!Settle(flush.Result, now)) return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static queue => _ = queue.FinishFlushAsync(queue.StartFlush(), queue.Now), this, preferLocal: false);
    }

    /// <summary>Completes when no frame is pending, or when no further frame will be sent. One waiter at a time.</summary>
    public Task WhenSent() => Wait(answersOnly: false);

    /// <summary>Completes when no answer is pending, or when no further frame is accepted. One waiter at a time.</summary>
    public Task WhenAnswersSent() => Wait(answersOnly: true);

    /// <summary>Stops sending and drops the pending frames.</summary>
    public void End()
    {
        TaskCompletionSource? waiter;
        int forgotten;
        lock (Gate)
        {
            forgotten = EndLocked();
            waiter = TakeSatisfiedWaiter();
        }

        waiter?.TrySetResult();
        if (forgotten > 0) owner.FramesDropped(forgotten);
    }

    /// <summary>Records the progress of a blocked write, unless the transport has taken it meanwhile.</summary>
    public void Observed(BlockedWrite before, BlockedWrite after)
    {
        lock (Gate)
        {
            if (ReferenceEquals(_blocked, before)) Volatile.Write(ref _blocked, after);
        }
    }

    private long Now => owner.Now;

    private OutboundResult WriteLocked(ReadOnlyMemory<byte> frame, int maxPendingBytes, bool isAnswer, int times, bool isBorrowed)
    {
        var bytes = (long)frame.Length * times;
        if (_state != State.Open) return OutboundResult.Ended;
        if (_pending + bytes > maxPendingBytes) return OutboundResult.Full;
        _pending += (int)bytes;
        if (isAnswer) _pendingAnswers += (int)bytes;
        if (!_flushing)
        {
            WriteToTransport(new Frame(frame, isAnswer), times);
            return OutboundResult.Accepted;
        }

        if (isBorrowed) frame = frame.ToArray();
        for (var i = 0; i < times; i++) (_waiting ??= new Queue<Frame>()).Enqueue(new Frame(frame, isAnswer));
        return OutboundResult.Accepted;
    }

    private Task Wait(bool answersOnly)
    {
        lock (Gate)
        {
            _waitsForAnswersOnly = answersOnly;
            if (IsSatisfied()) return Task.CompletedTask;
            _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiter.Task;
        }
    }

    private bool IsSatisfied() => _state == State.Ended || (_waitsForAnswersOnly ? _state != State.Open || _pendingAnswers == 0 : _pending == 0);

    private TaskCompletionSource? TakeSatisfiedWaiter()
    {
        if (_waiter is not { } waiter || !IsSatisfied()) return null;
        _waiter = null;
        return waiter;
    }

    private ValueTask<FlushResult> StartFlush()
    {
        try
        {
            return _writer!.FlushAsync();
        }
        catch (Exception e)
        {
            return ValueTask.FromException<FlushResult>(e);
        }
    }

    private async Task FinishFlushAsync(ValueTask<FlushResult> flush, long now)
    {
        try
        {
            do
            {
                if (!flush.IsCompleted)
                {
                    lock (Gate)
                    {
                        if (_state != State.Ended) Volatile.Write(ref _blocked, new BlockedWrite(now, null));
                    }

                    owner.WriteBlocked();
                }

                var result = await flush;
                now = owner.Now;
                if (!Settle(result, now)) return;
                flush = _writer!.FlushAsync();
            }
            while (true);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>Accounts for a finished flush and hands the next chunk to the transport.</summary>
    /// <returns>True when there is more to flush.</returns>
    private bool Settle(FlushResult result, long now)
    {
        TaskCompletionSource? waiter;
        var taken = 0;
        var forgotten = 0;
        var again = false;
        var closed = false;
        lock (Gate)
        {
            if (_state == State.Ended || result.IsCompleted)
            {
                closed = result.IsCompleted;
                _flushing = false;
                forgotten = EndLocked();
            }
            else
            {
                taken = _inTransport.Bytes;
                _pending -= taken;
                _pendingAnswers -= _inTransport.AnswerBytes;
                _inTransport = default;
                Volatile.Write(ref _blocked, null);
                while (_inTransport.Bytes < ChunkBytes && _waiting is { Count: > 0 }) WriteToTransport(_waiting.Dequeue());
                again = _flushing = _inTransport.Bytes > 0;
            }

            waiter = TakeSatisfiedWaiter();
        }

        if (taken > 0) owner.BytesTaken(taken, now);
        if (forgotten > 0) owner.FramesDropped(forgotten);
        if (closed) owner.TransportClosed();
        waiter?.TrySetResult();
        return again;
    }

    private void Fail(Exception e)
    {
        End();
        owner.WriteFailed(e);
    }

    private void WriteToTransport(Frame frame, int times = 1)
    {
        for (var left = times; left > 0;)
        {
            // As many copies as fit into the transport's block, then one that continues in the next block.
            var room = left > 1 ? _writer!.GetSpan() : default;
            var whole = Math.Min(left, room.Length / frame.Bytes.Length);
            for (var i = 0; i < whole; i++) frame.Bytes.Span.CopyTo(room[(i * frame.Bytes.Length)..]);
            if (whole > 0) _writer!.Advance(whole * frame.Bytes.Length);
            left -= whole;
            if (left-- > 0) _writer!.Write(frame.Bytes.Span);
        }

        var bytes = frame.Bytes.Length * times;
        _inTransport = new Batch(_inTransport.Bytes + bytes, _inTransport.AnswerBytes + (frame.IsAnswer ? bytes : 0), _inTransport.Frames + times);
    }

    /// <returns>The number of dropped frames, including those that the transport holds and has not sent.</returns>
    private int EndLocked()
    {
        var forgotten = (_waiting?.Count ?? 0) + _inTransport.Frames;
        _state = State.Ended;
        _waiting = null;
        _pending = _pendingAnswers = 0;
        _inTransport = default;
        Volatile.Write(ref _blocked, null);
        return forgotten;
    }

    private readonly record struct Frame(ReadOnlyMemory<byte> Bytes, bool IsAnswer);

    /// <summary>What was written to the transport and is not settled yet.</summary>
    private readonly record struct Batch(int Bytes, int AnswerBytes, int Frames);
}
