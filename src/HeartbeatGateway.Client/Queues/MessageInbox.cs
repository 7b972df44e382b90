using System.Threading.Channels;

namespace HeartbeatGateway.Client.Queues;

/// <summary>
/// Messages that are received and not yet enumerated: bounded in messages and content bytes. When it is full, the mode decides: the oldest
/// or the new message is dropped and reported, or the read loop waits for room.
/// </summary>
internal sealed class MessageInbox
{
    private readonly Channel<GatewayClientMessage> _messages;
    private readonly int _capacity;
    private readonly int _maxBytes;
    private readonly ReceiveQueueFull _whenFull;
    private readonly Action<MessageDropReason> _dropped;
    private readonly AsyncSignal? _room;
    private Func<Exception>? _failure;
    private long _bytes;
    private volatile bool _isCompleted;
    private volatile bool _isWaitingOff;

    public MessageInbox(int capacity, int maxBytes, ReceiveQueueFull whenFull, Action<MessageDropReason> dropped)
    {
        (_capacity, _maxBytes, _whenFull, _dropped) = (capacity, maxBytes, whenFull, dropped);
        if (whenFull == ReceiveQueueFull.Wait) _room = new AsyncSignal();
        var mode = whenFull == ReceiveQueueFull.DropOldest ? BoundedChannelFullMode.DropOldest : BoundedChannelFullMode.Wait;
        _messages = Channel.CreateBounded<GatewayClientMessage>(
            new BoundedChannelOptions(capacity) { FullMode = mode, SingleWriter = true }, message => Drop(message, MessageDropReason.ReceiveQueueFull));
    }

    /// <summary>True when the read loop must wait before it adds a message with this content length.</summary>
    public bool MustWait(long contentBytes) => _room is not null && !_isWaitingOff && !HasRoom(contentBytes);

    /// <summary>Waits until a message was read, or until <see cref="Wake"/>. One waiter at a time.</summary>
    public ValueTask WaitAsync() => _room!.WaitAsync();

    /// <summary>Ends a wait, because the connection has ended.</summary>
    public void Wake() => _room?.Set();

    /// <summary>From now on a full inbox drops the new message instead of waiting: the client is being disposed.</summary>
    public void StopWaiting()
    {
        _isWaitingOff = true;
        Wake();
    }

    /// <summary>Adds a message. Called by one read loop at a time.</summary>
    /// <returns>False when this message was dropped.</returns>
    public bool Add(GatewayClientMessage message)
    {
        if (_isCompleted)
        {
            _dropped(MessageDropReason.ReceivedAfterStop);
            return false;
        }

        if (_whenFull != ReceiveQueueFull.DropOldest && !HasRoom(message.Content.Length))
        {
            _dropped(MessageDropReason.ReceiveQueueFull);
            return false;
        }

        var bytes = Interlocked.Add(ref _bytes, message.Content.Length);
        while (bytes > _maxBytes && _messages.Reader.TryRead(out var oldest))
        {
            Drop(oldest, MessageDropReason.ReceiveQueueFull);
            bytes = Volatile.Read(ref _bytes);
        }

        if (_messages.Writer.TryWrite(message)) return true;
        Drop(message, MessageDropReason.ReceivedAfterStop);
        return false;
    }

    /// <summary>Ends the inbox. Readers end after the last message; if a failure is given, each reader gets a new exception.</summary>
    public void Complete(Func<Exception>? failure)
    {
        Volatile.Write(ref _failure, failure);
        _isCompleted = true;
        _messages.Writer.TryComplete();
    }

    public async IAsyncEnumerable<GatewayClientMessage> ReadAllAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await _messages.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            while (!cancellationToken.IsCancellationRequested && _messages.Reader.TryRead(out var message))
            {
                Interlocked.Add(ref _bytes, -message.Content.Length);
                _room?.Set();
                yield return message;
            }

            cancellationToken.ThrowIfCancellationRequested();
        }

        if (Volatile.Read(ref _failure) is { } failure) throw failure();
    }

    private bool HasRoom(long contentBytes) => _messages.Reader.Count < _capacity && Volatile.Read(ref _bytes) + contentBytes <= _maxBytes;

    private void Drop(GatewayClientMessage message, MessageDropReason reason)
    {
        Interlocked.Add(ref _bytes, -message.Content.Length);
        _dropped(reason);
    }
}
