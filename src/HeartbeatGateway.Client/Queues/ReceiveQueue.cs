using System.Runtime.CompilerServices;

namespace HeartbeatGateway.Client.Queues;

/// <summary>
/// Messages that nobody has read yet, bounded in number and bytes: the oldest make room, since a client that only keeps its
/// heartbeat never reads them. Thread-safe.
/// </summary>
internal sealed class ReceiveQueue(int maxMessages, int maxBytes)
{
    private readonly Lock _lock = new();
    private readonly Queue<GatewayClientMessage> _messages = new();
    private long _bytes;
    private bool _isClosed;
    private Exception? _failure;
    private TaskCompletionSource? _more;

    /// <returns>How many messages made room.</returns>
    public int Add(GatewayClientMessage message)
    {
        var dropped = 0;
        TaskCompletionSource? more;
        lock (_lock)
        {
            if (_isClosed) return 0;
            for (; _messages.Count >= maxMessages || _bytes + message.Content.Length > maxBytes; dropped++) _bytes -= _messages.Dequeue().Content.Length;
            _messages.Enqueue(message);
            _bytes += message.Content.Length;
            (more, _more) = (_more, null);
        }

        more?.TrySetResult();
        return dropped;
    }

    /// <summary>Nothing more comes; what is there can still be read.</summary>
    /// <param name="failure">What readers are told after the last message; null for an ordinary end.</param>
    public void Close(Exception? failure)
    {
        TaskCompletionSource? more;
        lock (_lock)
        {
            if (_isClosed) return;
            _isClosed = true;
            _failure = failure;
            (more, _more) = (_more, null);
        }

        more?.TrySetResult();
    }

    public async IAsyncEnumerable<GatewayClientMessage> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            GatewayClientMessage? message;
            Task more = Task.CompletedTask;
            lock (_lock)
            {
                if (_messages.TryDequeue(out message)) _bytes -= message.Content.Length;
                else if (_isClosed) break;
                else more = (_more ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            if (message is not null) yield return message;
            else await more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_failure is { } failure) throw failure;
    }
}
