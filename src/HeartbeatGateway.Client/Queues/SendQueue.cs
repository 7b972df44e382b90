namespace HeartbeatGateway.Client.Queues;

/// <summary>
/// Frames that wait to be sent, over all connections, bounded in number and bytes. Who waits for room is served first come first
/// served. Thread-safe.
/// </summary>
internal sealed class SendQueue(int maxFrames, int maxBytes, SendQueueFull whenFull)
{
    private readonly Lock _lock = new();
    private readonly Queue<OutboundFrame> _frames = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private long _bytes;
    private Exception? _closed;

    /// <summary>Called, outside the lock, when there is something to send.</summary>
    public Action? FrameAdded { get; set; }

    /// <summary>Called, outside the lock, with the number of frames that made room.</summary>
    public Action<int>? FramesDropped { get; set; }

    public int Count
    {
        get { lock (_lock) return _frames.Count; }
    }

    /// <exception cref="ArgumentException">The frame is larger than the whole queue.</exception>
    public ValueTask AddAsync(OutboundFrame frame, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CheckSize(frame);
        Waiter? waiter = null;
        int dropped;
        lock (_lock)
        {
            if (_closed is { } closed) return ValueTask.FromException(closed);
            if (!TryAdd(frame, out dropped))
            {
                if (whenFull == SendQueueFull.Reject) return ValueTask.FromException(new SendQueueFullException(_frames.Count, _bytes));
                waiter = new Waiter(frame);
                _waiters.AddLast(waiter.Node);
            }
        }

        if (waiter is not null) return new ValueTask(WaitAsync(waiter, cancellationToken));
        Added(dropped);
        return ValueTask.CompletedTask;
    }

    /// <exception cref="ArgumentException">The frame is larger than the whole queue.</exception>
    public bool TryAdd(OutboundFrame frame)
    {
        CheckSize(frame);
        int dropped;
        lock (_lock)
        {
            if (_closed is not null || !TryAdd(frame, out dropped)) return false;
        }

        Added(dropped);
        return true;
    }

    public bool TryTake(out OutboundFrame frame)
    {
        lock (_lock)
        {
            if (!_frames.TryDequeue(out frame)) return false;
            _bytes -= frame.WireBytes;
            while (_waiters.First is { } node && HasRoom(node.Value.Frame))
            {
                _waiters.RemoveFirst();
                // Who was told that his frame was not taken must not find it sent. Continues elsewhere: nobody's code runs under the lock.
                if (node.Value.Added.TrySetResult()) Append(node.Value.Frame);
            }

            return true;
        }
    }

    /// <summary>Takes nothing more; who waits for room is told.</summary>
    public void Close(Exception reason)
    {
        List<Waiter> waiters;
        lock (_lock)
        {
            _closed ??= reason;
            waiters = [.. _waiters];
            _waiters.Clear();
        }

        foreach (var waiter in waiters) waiter.Added.TrySetException(reason);
    }

    private async Task WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        await using var cancelling = cancellationToken.UnsafeRegister(static (state, token) => ((Waiter)state!).Added.TrySetCanceled(token), waiter).ConfigureAwait(false);
        try
        {
            await waiter.Added.Task.ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                if (waiter.Node.List is not null) _waiters.Remove(waiter.Node);
            }
        }
    }

    private void CheckSize(OutboundFrame frame)
    {
        if (frame.WireBytes > maxBytes) throw new ArgumentException($"The frame has {frame.WireBytes} bytes on the wire, more than the whole send queue may hold ({nameof(GatewayClientOptions.SendQueueBytes)} is {maxBytes}).");
    }

    private bool TryAdd(OutboundFrame frame, out int dropped)
    {
        dropped = 0;
        if (whenFull == SendQueueFull.DropOldest)
        {
            for (; !HasRoom(frame); dropped++) _bytes -= _frames.Dequeue().WireBytes;
        }
        else if (_waiters.Count > 0 || !HasRoom(frame))
        {
            return false;
        }

        Append(frame);
        return true;
    }

    private bool HasRoom(OutboundFrame frame) => _frames.Count < maxFrames && _bytes + frame.WireBytes <= maxBytes;

    private void Append(OutboundFrame frame)
    {
        _frames.Enqueue(frame);
        _bytes += frame.WireBytes;
    }

    private void Added(int dropped)
    {
        FrameAdded?.Invoke();
        if (dropped > 0) FramesDropped?.Invoke(dropped);
    }

    private sealed class Waiter
    {
        public Waiter(OutboundFrame frame)
        {
            Frame = frame;
            Node = new LinkedListNode<Waiter>(this);
        }

        public OutboundFrame Frame { get; }

        public LinkedListNode<Waiter> Node { get; }

        public TaskCompletionSource Added { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
