namespace HeartbeatGateway.Webhook;

/// <summary>
/// Bounds the messages that the webhook holds, in number and bytes. At the bound, senders wait in the order in which they came. Each sender waits with one
/// message, so this order gives each of them its turn. Thread-safe.
/// </summary>
/// <param name="limits">The bounds in force, in messages and bytes.</param>
internal sealed class WebhookRoom(Func<(int Messages, long Bytes)> limits)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiters = [];
    private int _messages;
    private long _bytes;

    /// <summary>Messages and bytes in it, and senders that wait.</summary>
    public (int Messages, long Bytes, int Waiting) Read()
    {
        lock (_lock) return (_messages, _bytes, _waiters.Count);
    }

    /// <summary>Enters when there is room and no sender waits.</summary>
    public bool TryEnter(int bytes)
    {
        lock (_lock)
        {
            if (_waiters.Count > 0 || !Fits(bytes)) return false;
            Add(bytes);
            return true;
        }
    }

    /// <summary>Enters as soon as there is room.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before; nothing has entered.</exception>
    public async Task EnterAsync(int bytes, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(bytes);
        LinkedListNode<Waiter> node;
        lock (_lock)
        {
            if (_waiters.Count == 0 && Fits(bytes))
            {
                Add(bytes);
                return;
            }

            node = _waiters.AddLast(waiter);
        }

        await using var registration = cancellationToken.Register(() => Cancel(node, cancellationToken));
        await waiter.Entered.Task;
    }

    /// <summary>A message has left.</summary>
    public void Leave(int bytes)
    {
        lock (_lock)
        {
            _messages--;
            _bytes -= bytes;
            AdmitLocked();
        }
    }

    private void AdmitLocked()
    {
        while (_waiters.First is { } first && Fits(first.Value.Bytes))
        {
            _waiters.RemoveFirst();
            Add(first.Value.Bytes);
            // Its continuation runs on another thread.
            first.Value.Entered.SetResult();
        }
    }

    private void Cancel(LinkedListNode<Waiter> node, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (node.List is null) return;
            _waiters.Remove(node);
            node.Value.Entered.SetCanceled(cancellationToken);
            // A smaller message may have waited behind it.
            AdmitLocked();
        }
    }

    private void Add(int bytes)
    {
        _messages++;
        _bytes += bytes;
    }

    /// <summary>A message that is larger than the bound enters alone.</summary>
    private bool Fits(int bytes)
    {
        var (messages, total) = limits();
        return _messages == 0 || (_messages < messages && _bytes + bytes <= total);
    }

    private sealed record Waiter(int Bytes)
    {
        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
