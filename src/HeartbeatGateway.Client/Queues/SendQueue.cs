namespace HeartbeatGateway.Client.Queues;

/// <summary>
/// What waits to be sent, over all connections: bounded in frames and bytes, first come first served. Callers that wait for room stand
/// in line, so that a later small frame never overtakes an earlier one.
/// </summary>
internal sealed class SendQueue(int capacity, long maxBytes, SendQueueFull whenFull, Action<int> dropped)
{
    private readonly Lock _lock = new();
    private readonly Queue<OutgoingFrame> _frames = new();
    private readonly LinkedList<SendWaiter> _waiters = new();
    private long _bytes;
    private Func<Exception>? _closed;

    /// <summary>Called, out of the lock, after frames were taken in; set by the connection that sends.</summary>
    public Action? Filled { get; set; }

    public int Count
    {
        get
        {
            lock (_lock) return _frames.Count;
        }
    }

    /// <summary>Takes a frame in, or waits for room, as the mode says.</summary>
    public ValueTask EnqueueAsync(OutgoingFrame frame, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled(cancellationToken);
        SendWaiter? waiter = null;
        int pushedOut;
        lock (_lock)
        {
            if (_closed is not null) return ValueTask.FromException(_closed());
            if (!TryAdd(frame, out pushedOut))
            {
                if (whenFull == SendQueueFull.Reject) return ValueTask.FromException(new SendQueueFullException(_frames.Count, _bytes));
                waiter = new SendWaiter(frame);
                waiter.Node = _waiters.AddLast(waiter);
            }
        }

        if (waiter is not null) return WaitAsync(waiter, cancellationToken);
        AfterAdding(pushedOut);
        return ValueTask.CompletedTask;
    }

    /// <summary>Takes a frame in if there is room.</summary>
    public bool TryEnqueue(OutgoingFrame frame)
    {
        int pushedOut;
        lock (_lock)
        {
            if (_closed is not null || !TryAdd(frame, out pushedOut)) return false;
        }

        AfterAdding(pushedOut);
        return true;
    }

    /// <summary>Takes the oldest frame out.</summary>
    public bool TryTake(out OutgoingFrame frame)
    {
        lock (_lock)
        {
            if (!_frames.TryDequeue(out frame)) return false;
            _bytes -= frame.WireBytes;
            AdmitWaiters();
            return true;
        }
    }

    /// <summary>Takes nothing in any more; whoever waits for room is told why. What is in can still be taken out.</summary>
    /// <param name="reason">For callers from now on, a new one for each: an exception that is thrown again and again grows. The first reason counts.</param>
    /// <param name="waiting">For callers that wait for room.</param>
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

    /// <summary>Throws away what is left, and counts it.</summary>
    public void DropAll()
    {
        int count;
        lock (_lock)
        {
            count = _frames.Count;
            _frames.Clear();
            _bytes = 0;
        }

        if (count > 0) dropped(count);
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
            // Taken in meanwhile: then it is sent, and the caller is told so.
            if (waiter.Node is null) return;
            _waiters.Remove(waiter.Node);
            waiter.Node = null;
            // It may have been a large one at the head of the line.
            AdmitWaiters();
        }

        waiter.TrySetCanceled(cancellationToken);
        Filled?.Invoke();
    }

    private void AfterAdding(int pushedOut)
    {
        if (pushedOut > 0) dropped(pushedOut);
        Filled?.Invoke();
    }

    private bool TryAdd(in OutgoingFrame frame, out int pushedOut)
    {
        pushedOut = 0;
        if (whenFull == SendQueueFull.DropOldest)
        {
            for (; !HasRoom(frame) && _frames.TryDequeue(out var oldest); pushedOut++) _bytes -= oldest.WireBytes;
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
