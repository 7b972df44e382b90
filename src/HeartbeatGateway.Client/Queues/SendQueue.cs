using HeartbeatGateway.Client.Acknowledgements;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Client.Queues;

/// <summary>
/// Frames that wait to be sent, across all connections: bounded in frames and bytes, in FIFO order. Callers that wait for room are also
/// served in FIFO order, so a later small frame never overtakes an earlier large one.
/// </summary>
internal sealed class SendQueue(int capacity, long maxBytes, SendQueueFull whenFull, Action<MessageDropReason, int> dropped)
{
    private readonly Lock _lock = new();
    private readonly Queue<OutgoingFrame> _frames = new();
    private readonly LinkedList<SendWaiter> _waiters = new();
    private long _bytes;
    private Func<Exception>? _closed;

    /// <summary>Called outside the lock after frames were queued; set by the sender of the current connection.</summary>
    public Action? Filled { get; set; }

    public int Count
    {
        get
        {
            lock (_lock) return _frames.Count;
        }
    }

    /// <summary>Queues a frame. When the queue is full, the mode decides what happens.</summary>
    public ValueTask EnqueueAsync(OutgoingFrame frame, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled(cancellationToken);
        SendWaiter? waiter = null;
        int evicted;
        lock (_lock)
        {
            if (_closed is not null) return ValueTask.FromException(_closed());
            if (!TryAdd(frame, out evicted))
            {
                if (whenFull == SendQueueFull.Reject) return ValueTask.FromException(new SendQueueFullException(_frames.Count, _bytes));
                waiter = new SendWaiter(frame);
                waiter.Node = _waiters.AddLast(waiter);
            }
        }

        if (waiter is not null) return WaitAsync(waiter, cancellationToken);
        AfterAdding(evicted);
        return ValueTask.CompletedTask;
    }

    /// <summary>Queues a frame if there is room.</summary>
    public bool TryEnqueue(OutgoingFrame frame)
    {
        int evicted;
        lock (_lock)
        {
            if (_closed is not null || !TryAdd(frame, out evicted)) return false;
        }

        AfterAdding(evicted);
        return true;
    }

    /// <summary>Removes the oldest frame.</summary>
    public bool TryTake(out OutgoingFrame frame) => TryTake(long.MaxValue, out frame);

    /// <summary>Removes the oldest frame unless it is larger than the given size on the wire.</summary>
    public bool TryTake(long maxWireBytes, out OutgoingFrame frame)
    {
        lock (_lock)
        {
            if (!_frames.TryPeek(out frame) || frame.WireBytes > maxWireBytes) return false;
            _frames.Dequeue();
            _bytes -= frame.WireBytes;
            AdmitWaiters();
            return true;
        }
    }

    /// <summary>Rejects new frames from now on and fails callers that wait for room. Queued frames can still be removed.</summary>
    /// <param name="reason">
    /// Creates the exception for each later caller. One shared exception would grow its stack trace with each throw. The first reason counts.
    /// </param>
    /// <param name="waiting">Creates the exception for each caller that waits for room.</param>
    public void Close(Func<Exception> reason, Func<Exception> waiting)
    {
        lock (_lock)
        {
            _closed ??= reason;
            foreach (var waiter in _waiters)
            {
                waiter.Node = null;
                waiter.TrySetException(waiting());
            }

            _waiters.Clear();
        }
    }

    /// <summary>Drops the remaining frames and reports them.</summary>
    /// <param name="stopped">Creates the exception for each caller that waits for the acknowledgement of its frame.</param>
    public void DropAll(Func<Exception>? stopped = null)
    {
        int count;
        lock (_lock)
        {
            count = _frames.Count;
            if (stopped is not null) foreach (var frame in _frames) frame.Receipt?.Fail(stopped());
            _frames.Clear();
            _bytes = 0;
        }

        if (count > 0) dropped(MessageDropReason.NotSentAtStop, count);
    }

    private async ValueTask WaitAsync(SendWaiter waiter, CancellationToken cancellationToken)
    {
        await using (cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (queue, waiter) = ((SendQueue, SendWaiter))state!;
                queue.Cancel(waiter, token);
            },
            (this, waiter)).ConfigureAwait(false))
        {
            await waiter.Task.ConfigureAwait(false);
        }
    }

    private void Cancel(SendWaiter waiter, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // The frame was queued meanwhile: it is sent, and the caller's task succeeds.
            if (waiter.Node is null) return;
            _waiters.Remove(waiter.Node);
            waiter.Node = null;
            // A large frame at the head of the waiters may have blocked smaller ones.
            AdmitWaiters();
        }

        waiter.TrySetCanceled(cancellationToken);
        Filled?.Invoke();
    }

    private void AfterAdding(int evicted)
    {
        if (evicted > 0) dropped(MessageDropReason.SendQueueFull, evicted);
        Filled?.Invoke();
    }

    private bool TryAdd(in OutgoingFrame frame, out int evicted)
    {
        evicted = 0;
        if (whenFull == SendQueueFull.DropOldest)
        {
            for (; !HasRoom(frame) && _frames.TryDequeue(out var oldest); evicted++)
            {
                _bytes -= oldest.WireBytes;
                oldest.Receipt?.Fail(new MessageNotAcknowledgedException(AcknowledgementFailure.Dropped, wasSent: false));
            }
        }

        if (_waiters.Count > 0 || !HasRoom(frame)) return false;
        Add(frame);
        return true;
    }

    private void AdmitWaiters()
    {
        while (_waiters.First is { } first && HasRoom(first.Value.Frame))
        {
            _waiters.RemoveFirst();
            first.Value.Node = null;
            Add(first.Value.Frame);
            first.Value.TrySetResult();
        }
    }

    private void Add(in OutgoingFrame frame)
    {
        _frames.Enqueue(frame);
        _bytes += frame.WireBytes;
    }

    private bool HasRoom(in OutgoingFrame frame) => _frames.Count < capacity && _bytes + frame.WireBytes <= maxBytes;
}

/// <summary>A caller that waits for room. Its continuation never runs under the queue's lock or on a connection's loops.</summary>
internal sealed class SendWaiter(OutgoingFrame frame) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public OutgoingFrame Frame { get; } = frame;

    /// <summary>Its node in the list of waiters; null after its removal.</summary>
    public LinkedListNode<SendWaiter>? Node { get; set; }
}

/// <summary>
/// A frame that waits to be sent. It is dated and signed when it is sent: a date from the time of queuing could be too old after an outage.
/// </summary>
/// <param name="TypeBytes">The type, UTF-8.</param>
/// <param name="Content">The content; a private copy.</param>
/// <param name="Receipt">Belongs to a caller that waits for the acknowledgement; usually null.</param>
internal readonly record struct OutgoingFrame(byte[] TypeBytes, ReadOnlyMemory<byte> Content, SendReceipt? Receipt = null)
{
    /// <summary>The type, UTF-8.</summary>
    public ReadOnlyMemory<byte> Type => TypeBytes;

    /// <summary>The size of the frame on the wire, in bytes.</summary>
    public long WireBytes => FrameFormat.HeaderLength + (long)Content.Length;
}
