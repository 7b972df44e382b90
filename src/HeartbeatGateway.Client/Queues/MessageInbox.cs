using System.Threading.Channels;

namespace HeartbeatGateway.Client.Queues;

/// <summary>
/// Messages that are received and not yet enumerated. Never blocks the read loop: when it is full, the oldest are dropped and counted.
/// </summary>
internal sealed class MessageInbox
{
    private readonly Channel<GatewayClientMessage> _messages;
    private readonly int _maxBytes;
    private readonly Action<int> _dropped;
    private Func<Exception>? _failure;
    private long _bytes;

    public MessageInbox(int capacity, int maxBytes, Action<int> dropped)
    {
        _maxBytes = maxBytes;
        _dropped = dropped;
        _messages = Channel.CreateBounded<GatewayClientMessage>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleWriter = true }, Drop);
    }

    /// <summary>Adds a message. Called by one read loop at a time.</summary>
    public void Add(GatewayClientMessage message)
    {
        var bytes = Interlocked.Add(ref _bytes, message.Content.Length);
        while (bytes > _maxBytes && _messages.Reader.TryRead(out var oldest))
        {
            Drop(oldest);
            bytes = Volatile.Read(ref _bytes);
        }

        // After Complete no reader gets this message.
        if (!_messages.Writer.TryWrite(message)) Drop(message);
    }

    /// <summary>Ends the inbox. Readers end after the last message; if a failure is given, each reader gets a new exception.</summary>
    public void Complete(Func<Exception>? failure)
    {
        Volatile.Write(ref _failure, failure);
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
                yield return message;
            }

            cancellationToken.ThrowIfCancellationRequested();
        }

        if (Volatile.Read(ref _failure) is { } failure) throw failure();
    }

    private void Drop(GatewayClientMessage message)
    {
        Interlocked.Add(ref _bytes, -message.Content.Length);
        _dropped(1);
    }
}
