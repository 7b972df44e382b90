using HeartbeatGateway.Client.Queues;
using HeartbeatGateway.Client.Telemetry;

namespace HeartbeatGateway.Client.Acknowledgements;

/// <summary>
/// The messages that were sent with a number and are not acknowledged, across all connections: bounded in messages and bytes, in the order of their
/// numbers. A message gets its number when it is sent for the first time. When this buffer is full, frames stay in the <see cref="SendQueue"/>, whose mode
/// decides what follows; nothing is ever dropped here to make room.
/// </summary>
internal sealed class UnacknowledgedMessages(int capacity, long maxBytes, TimeProvider time, ClientMetrics metrics)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<UnacknowledgedMessage> _messages = new();

    /// <summary>The next message to send again on the current connection; null when there is none.</summary>
    private LinkedListNode<UnacknowledgedMessage>? _resend;
    private long _resendThrough;
    private volatile bool _isRefused;
    private long _bytes;
    private long _nextNumber = 1;
    private long _highestSent;
    private long _sent;
    private long _acknowledged;
    private long _resent;

    /// <summary>The current connection was accepted without acknowledgements.</summary>
    public bool IsRefused
    {
        get => _isRefused;
        set => _isRefused = value;
    }

    public int Count
    {
        get
        {
            lock (_lock) return _messages.Count;
        }
    }

    /// <summary>The highest number that was sent on any connection; 0 before the first.</summary>
    public long HighestSent
    {
        get
        {
            lock (_lock) return _highestSent;
        }
    }

    /// <summary>
    /// The size on the wire of the largest frame that there is room for; negative when there is room for none. An empty buffer has room for any frame.
    /// </summary>
    public long Room
    {
        get
        {
            lock (_lock) return _messages.Count == 0 ? long.MaxValue : _messages.Count < capacity ? maxBytes - _bytes : -1;
        }
    }

    /// <summary>Sent, acknowledged and resent messages, and those that are kept now.</summary>
    public AcknowledgementCounts Read(long duplicates)
    {
        lock (_lock) return new AcknowledgementCounts(_sent, _acknowledged, _resent, duplicates, _messages.Count);
    }

    /// <summary>Numbers a frame that is about to be sent for the first time, and keeps it.</summary>
    public UnacknowledgedMessage Add(in OutgoingFrame frame)
    {
        UnacknowledgedMessage message;
        lock (_lock)
        {
            message = new UnacknowledgedMessage(_nextNumber++, frame, time.GetTimestamp());
            _highestSent = message.Number;
            _messages.AddLast(message);
            _bytes += frame.WireBytes;
            _sent++;
        }

        metrics.UnacknowledgedChanged(1);
        return message;
    }

    /// <summary>Messages were dropped before they were sent: their numbers are left out, so that the gateway can count them as missing.</summary>
    public void Skip(int dropped)
    {
        lock (_lock) _nextNumber += dropped;
    }

    /// <summary>A connection with acknowledgements begins: all kept messages are to be sent again, but those that the gateway has accepted.</summary>
    /// <param name="accepted">The number in the welcome; null when the gateway has no record of this client's instance.</param>
    /// <returns>The number of messages to send again, and the first of their numbers.</returns>
    public (int Count, long First) Resume(long? accepted)
    {
        if (accepted is { } through) TryAcknowledge(through);
        lock (_lock)
        {
            _resend = _messages.First;
            _resendThrough = _highestSent;
            return (_messages.Count, _resend?.Value.Number ?? 0);
        }
    }

    /// <summary>The next message to send again on the current connection.</summary>
    public bool TryResend(out UnacknowledgedMessage message)
    {
        lock (_lock)
        {
            message = _resend?.Value!;
            // A message that was added on the current connection is not sent twice on it.
            if (_resend is null || message.Number > _resendThrough) return false;
            _resend = _resend.Next;
            return true;
        }
    }

    /// <summary>A message is about to be sent again.</summary>
    public void CountResent()
    {
        lock (_lock) _resent++;
        metrics.MessageResent();
    }

    /// <summary>The gateway has the messages through a number.</summary>
    /// <returns>False when the number was never sent: then nothing is acknowledged.</returns>
    public bool TryAcknowledge(long through)
    {
        if (through > HighestSent) return false;
        while (TryRemove(through, out var message))
        {
            metrics.MessageAcknowledged(time.GetElapsedTime(message.FirstSentAt));
            metrics.UnacknowledgedChanged(-1);
            message.Frame.Receipt?.TrySetResult(message.Number);
        }

        return true;
    }

    /// <summary>Gives up a message that the gateway would not take.</summary>
    public void GiveUp(UnacknowledgedMessage message, Exception reason)
    {
        lock (_lock)
        {
            if (!_messages.Remove(message)) return;
            _bytes -= message.Frame.WireBytes;
        }

        metrics.UnacknowledgedChanged(-1);
        message.Frame.Receipt?.Fail(reason);
    }

    /// <summary>The client has stopped: gives up all kept messages.</summary>
    /// <param name="reason">Creates the exception for each waiting caller.</param>
    /// <returns>Their number.</returns>
    public int GiveUpAll(Func<Exception> reason)
    {
        UnacknowledgedMessage[] left;
        lock (_lock)
        {
            left = [.. _messages];
            _messages.Clear();
            (_resend, _bytes) = (null, 0);
        }

        metrics.UnacknowledgedChanged(-left.Length);
        foreach (var message in left) message.Frame.Receipt?.Fail(reason());
        return left.Length;
    }

    private bool TryRemove(long through, out UnacknowledgedMessage message)
    {
        lock (_lock)
        {
            var first = _messages.First;
            message = first?.Value!;
            if (first is null || message.Number > through) return false;
            // Acknowledged by what an earlier connection carried, before it was sent again.
            if (first == _resend) _resend = first.Next;
            _messages.RemoveFirst();
            _bytes -= message.Frame.WireBytes;
            _acknowledged++;
            return true;
        }
    }
}
