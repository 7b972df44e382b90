namespace HeartbeatGateway.Redis.Streams;

/// <summary>
/// Bounds the messages that wait for Redis, in number and bytes. At the bound, senders wait in the order in which they came. Thread-safe.
/// </summary>
/// <param name="maxMessages">The most messages.</param>
/// <param name="maxBytes">The most bytes; a message that is larger enters alone.</param>
internal sealed class MessageRoom(int maxMessages, long maxBytes)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(int Bytes, TaskCompletionSource Entered)> _senders = [];
    private int _messages;
    private long _bytes;

    /// <summary>Enters when there is room and no sender waits.</summary>
    public bool TryEnter(int bytes)
    {
        lock (_lock)
        {
            if (_senders.Count > 0 || !Fits(bytes)) return false;
            Add(bytes);
            return true;
        }
    }

    /// <summary>Enters as soon as there is room.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before; nothing has entered.</exception>
    public async Task EnterAsync(int bytes, CancellationToken cancellationToken)
    {
        LinkedListNode<(int Bytes, TaskCompletionSource Entered)> node;
        lock (_lock)
        {
            node = _senders.AddLast((bytes, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
            Admit();
        }

        await using var registration = cancellationToken.Register(() => Cancel(node, cancellationToken));
        await node.Value.Entered.Task;
    }

    /// <summary>A message has left.</summary>
    public void Leave(int bytes)
    {
        lock (_lock)
        {
            _messages--;
            _bytes -= bytes;
            Admit();
        }
    }

    private void Admit()
    {
        while (_senders.First is { } first && Fits(first.Value.Bytes))
        {
            _senders.RemoveFirst();
            Add(first.Value.Bytes);
            first.Value.Entered.SetResult();
        }
    }

    private void Cancel(LinkedListNode<(int Bytes, TaskCompletionSource Entered)> node, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (node.List is null) return;
            _senders.Remove(node);
            node.Value.Entered.SetCanceled(cancellationToken);
            // A smaller message may have waited behind it.
            Admit();
        }
    }

    private void Add(int bytes)
    {
        _messages++;
        _bytes += bytes;
    }

    private bool Fits(int bytes) => _messages == 0 || (_messages < maxMessages && _bytes + bytes <= maxBytes);
}
