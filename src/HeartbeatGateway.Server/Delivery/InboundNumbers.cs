using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Messages;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>
/// The numbered messages of one instance of a client, across its connections: which are new, which are settled, and through which number the client gets its
/// acknowledgement. The sink settles in any order. Sends and closes without its lock. Thread-safe.
/// </summary>
/// <param name="instance">The instance.</param>
/// <param name="sent">Messages through this number may have reached the sink of another process.</param>
/// <param name="unsettled">Counts the messages that are not settled.</param>
internal sealed class InboundNumbers(string instance, long sent, UnsettledCount unsettled)
{
    private const long None = -1;

    private readonly Lock _lock = new();
    private readonly Queue<InboundEntry> _entries = new();
    private DeliverySession? _attached;
    private InboundEntry? _handing;
    private TaskCompletionSource? _changed;
    // What its hellos say: messages through this number were sent on other connections, perhaps to another gateway.
    private long _sent = sent;
    private long _highest = None;
    private long _accepted = None;

    // On the attached connection: the highest number received, the last one acknowledged, and a message that the sink gave up.
    private long _received = None;
    private long _acknowledged = None;
    private long _gaveUp = None;

    private long _bytes;
    private int _inFlight;
    private int _dropped;
    private bool _isRepeated;
    private bool _isReading;
    private bool _isSending;
    private bool _isClosed;

    public string Instance => instance;

    /// <summary>The number through which messages are accepted; null before the first message.</summary>
    public long? Accepted
    {
        get { lock (_lock) return _accepted == None ? null : _accepted; }
    }

    /// <summary>Another node has accepted messages through a number. Has an effect before the first message only.</summary>
    public void Adopt(long accepted)
    {
        lock (_lock)
        {
            if (_highest == None) _highest = _accepted = accepted;
        }
    }

    /// <summary>A connection was confirmed, on its read loop: acknowledgements go to it from now on.</summary>
    public void Attach(DeliverySession session)
    {
        lock (_lock)
        {
            _attached = session;
            _sent = Math.Max(_sent, session.Sent);
            _received = _gaveUp = None;
            _acknowledged = session.Told ?? None;
            _isClosed = _isRepeated = false;
            _isReading = true;
            Changed();
        }
    }

    /// <summary>The connection has ended. Changes nothing when another one was attached since.</summary>
    public void Detach(DeliverySession session)
    {
        lock (_lock)
        {
            if (_attached != session) return;
            _attached = null;
            _isReading = false;
            Changed();
        }
    }

    /// <summary>A numbered message came on a connection.</summary>
    /// <param name="session">The connection.</param>
    /// <param name="number">Its number, 1 or more.</param>
    /// <param name="bytes">The length of its content.</param>
    /// <param name="limits">The bounds.</param>
    /// <param name="isRead">True within a read, whose end is told by <see cref="EndRead"/>.</param>
    public Reception Receive(DeliverySession session, long number, int bytes, UnacknowledgedLimits limits, bool isRead)
    {
        lock (_lock)
        {
            if (session != _attached || _gaveUp != None) return new Reception(ReceptionKind.Ignored);
            _isReading |= isRead;
            // The read loop of an earlier connection still waits for the sink. Messages are handed over one at a time.
            if (_handing is not null) return WaitForChange();
            var missing = Skip(number);
            if (number <= _highest) return ReceiveAgain(number) with { Missing = missing };
            if (_entries.Count >= limits.Messages || (_bytes + bytes > limits.Bytes && _inFlight > 0)) return WaitForChange() with { Missing = missing };

            if (_highest == None) (_accepted, _acknowledged) = (number - 1, Math.Max(_acknowledged, number - 1));
            else missing += number - _highest - 1;
            _highest = number;
            var entry = new InboundEntry(this, number, bytes);
            _entries.Enqueue(entry);
            return Hand(entry, isRedelivered: number <= _sent) with { Missing = missing };
        }
    }

    /// <summary>The sink has taken the message, or has failed: the next one may follow.</summary>
    public void Handed(InboundEntry entry)
    {
        lock (_lock)
        {
            if (_handing != entry) return;
            _handing = null;
            Changed();
        }
    }

    /// <summary>The sink has decided. The first verdict on an attempt counts.</summary>
    public void Settle(InboundEntry entry, int attempt, MessageVerdict verdict)
    {
        lock (_lock)
        {
            if (entry.Current != InboundEntry.State.InFlight || entry.Attempt != attempt) return;
            unsettled.Add(-1);
            _inFlight--;
            _bytes -= entry.Bytes;
            if (verdict == MessageVerdict.Dropped) Drop(entry);
            else entry.Current = InboundEntry.State.Settled;
            Advance();
            Changed();
            if (_isReading && _gaveUp == None) return;
            Schedule();
        }
    }

    /// <summary>The last acknowledgement was not sent: the next read ends with another one.</summary>
    public void Repeat(DeliverySession session)
    {
        lock (_lock)
        {
            if (session == _attached) _isRepeated = true;
        }
    }

    /// <summary>The frames of a read are handled: what they brought is acknowledged by one frame.</summary>
    public void EndRead(DeliverySession session)
    {
        long number;
        lock (_lock)
        {
            if (session != _attached) return;
            _isReading = false;
            // The thread that is sending looks again.
            if (_isSending || !IsDue) return;
            _isSending = true;
            number = TakeDue();
        }

        try
        {
            session.Connection.QueueAck(number);
        }
        finally
        {
            lock (_lock)
            {
                _isSending = false;
                Schedule();
            }
        }
    }

    private bool IsDue => _attached is not null && !_isReading && (_accepted > _acknowledged || _isRepeated);

    private bool IsCloseDue => _attached is not null && _gaveUp != None && !_isClosed;

    private long TakeDue()
    {
        _isRepeated = false;
        return _acknowledged = _accepted;
    }

    private Reception Hand(InboundEntry entry, bool isRedelivered)
    {
        _received = Math.Max(_received, entry.Number);
        _handing = entry;
        entry.Attempt++;
        entry.Current = InboundEntry.State.InFlight;
        _inFlight++;
        _bytes += entry.Bytes;
        unsettled.Add(1);
        return new Reception(ReceptionKind.New) { Entry = entry, IsRedelivered = isRedelivered };
    }

    private Reception ReceiveAgain(long number)
    {
        if (_dropped > 0 && _entries.FirstOrDefault(e => e.Number == number) is { Current: InboundEntry.State.Dropped } entry)
        {
            _dropped--;
            return Hand(entry, isRedelivered: true);
        }

        _received = Math.Max(_received, number);
        _isRepeated |= number <= _accepted;
        return new Reception(ReceptionKind.Duplicate);
    }

    /// <summary>A client sends in order: a number that the sink gave up, and that the client passes over on its next connection, does not come again.</summary>
    private long Skip(long number)
    {
        if (_dropped == 0) return 0;
        var skipped = 0;
        foreach (var entry in _entries)
        {
            if (entry.Number >= number) break;
            if (entry.Current != InboundEntry.State.Dropped) continue;
            entry.Current = InboundEntry.State.Settled;
            skipped++;
        }

        _dropped -= skipped;
        Advance();
        return skipped;
    }

    private void Drop(InboundEntry entry)
    {
        entry.Current = InboundEntry.State.Dropped;
        _dropped++;
        // A client that has not come to this number on its new connection sends it without being asked.
        if (_attached is not null && entry.Number <= _received && _gaveUp == None) _gaveUp = entry.Number;
    }

    private void Advance()
    {
        while (_entries.TryPeek(out var first) && first.Current == InboundEntry.State.Settled) _accepted = _entries.Dequeue().Number;
    }

    private Reception WaitForChange()
    {
        _changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return new Reception(ReceptionKind.Wait) { Until = _changed.Task };
    }

    private void Changed()
    {
        _changed?.TrySetResult();
        _changed = null;
    }

    private void Schedule()
    {
        if (_isSending || !(IsDue || IsCloseDue)) return;
        _isSending = true;
        ThreadPool.UnsafeQueueUserWorkItem(static numbers => numbers.Send(), this, preferLocal: false);
    }

    /// <summary>Sends what is due until nothing is. One thread at a time, so that acknowledgements rise.</summary>
    private void Send()
    {
        while (true)
        {
            IDeliveryConnection connection;
            long? number = null;
            var gaveUp = None;
            lock (_lock)
            {
                if (!(IsDue || IsCloseDue))
                {
                    _isSending = false;
                    return;
                }

                connection = _attached!.Connection;
                if (IsDue) number = TakeDue();
                if (IsCloseDue) (gaveUp, _isClosed) = (_gaveUp, true);
            }

            try
            {
                if (number is { } through) connection.SendAck(through);
            }
            catch (Exception e)
            {
                // On the thread pool it would end the process.
                connection.Close(new CloseRequest(CloseReason.InternalError) { Fault = e });
            }

            if (gaveUp != None) connection.Close(new CloseRequest(CloseReason.Undelivered) { Retry = true, Detail = CloseDetails.Undelivered(gaveUp) });
        }
    }
}
