using HeartbeatGateway.Server.Outbound;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>
/// The messages for one client that it has not acknowledged, in the order of their numbers, and behind them those that were not sent yet. Bounded in
/// count, bytes and time. Sent again, with their numbers, on each connection of the client. Under its lock it calls only the connection.
/// </summary>
/// <remarks>
/// Sending is paced by acknowledgements, so that a long outbox leaves room for other frames: a message is sent while the connection's pending bytes stay below
/// half of their bound. The rest follows with each acknowledgement, and with the sweep of <see cref="Outboxes"/> when none comes.
/// </remarks>
internal sealed class Outbox(Outboxes all)
{
    /// <summary>So many numbers above those of its record a client is believed to have received.</summary>
    private const long MaxUnrecorded = 1_000_000;

    private readonly Lock _lock = new();
    private string _numbering = NewNumbering();
    private List<OutgoingMessage> _messages = [];
    private IDeliveryConnection? _connection;
    private int _sent;
    private long _highest;
    private long _bytes;
    private long _earliest = long.MaxValue;
    private bool _isSwept;
    private bool _isRetired;
    private bool _isGivenUp;

    /// <summary>Names the numbering, in the welcome's <c>pushes</c>.</summary>
    public string Numbering => Volatile.Read(ref _numbering);

    /// <summary>Nothing is kept.</summary>
    public bool IsEmpty
    {
        get { lock (_lock) return _messages.Count == 0; }
    }

    /// <summary>The client has a confirmed connection.</summary>
    public bool IsAttached => Volatile.Read(ref _connection) is { HasEnded: false };

    /// <summary>Takes a message, and sends it if the client is connected and nothing is before it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="mayHold">It is taken for a client that is not connected too.</param>
    /// <param name="unlessGivenUp">It is not held when the outbox was given up to another node since the client's last connection here.</param>
    public OutboxAdmission Add(OutgoingMessage message, bool mayHold, bool unlessGivenUp = false)
    {
        List<Settlement>? settled = null;
        OutboxAdmission admission;
        var isNew = false;
        lock (_lock)
        {
            admission = AddLocked(message, mayHold && !(unlessGivenUp && _isGivenUp), ref settled);
            if (admission == OutboxAdmission.Taken)
            {
                Send(ref settled);
                isNew = !_isSwept;
                _isSwept = true;
            }
        }

        if (isNew) all.Sweep(this);
        all.Settle(settled);
        return admission;
    }

    /// <summary>The client's connection is confirmed: from now on frames are sent on it.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="received">The number through which the client has received frames of this numbering.</param>
    public void Attach(IDeliveryConnection connection, long received)
    {
        List<Settlement>? settled = null;
        lock (_lock)
        {
            (_connection, _sent, _isGivenUp) = (connection, 0, false);
            // The client was sent more than the record tells: the record is an older copy. Numbers that the client knows must not be used again.
            if (received > _highest && received - _highest <= MaxUnrecorded) _highest = received;
            RemoveThrough(received, ref settled);
            Expire(all.Now, ref settled);
            foreach (var message in _messages) message.Delivery.Become(DeliveryResult.Queued);
            Send(ref settled);
        }

        all.Settle(settled);
    }

    /// <summary>The connection has ended. Changes nothing when another one was attached since.</summary>
    public void Detach(IDeliveryConnection connection)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_connection, connection)) (_connection, _sent) = (null, 0);
        }
    }

    /// <summary>The client has the frames through a number. Ignored above the highest number that was sent, and when another connection was attached since.</summary>
    public void Acknowledge(IDeliveryConnection connection, long number)
    {
        List<Settlement>? settled = null;
        lock (_lock)
        {
            if (!ReferenceEquals(_connection, connection)) return;
            RemoveThrough(number, ref settled);
            Send(ref settled);
        }

        all.Settle(settled);
    }

    /// <summary>Lets messages expire whose time is up, and goes on with sending.</summary>
    /// <returns>False when nothing is kept any more, so that no further call is needed.</returns>
    public bool Sweep(long now)
    {
        List<Settlement>? settled = null;
        bool isSwept;
        lock (_lock)
        {
            if (all.IsClosed) RemoveAll(static _ => true, DeliveryResult.Dropped, ref settled);
            Expire(now, ref settled);
            Send(ref settled);
            isSwept = _isSwept = _messages.Count > 0;
            if (!isSwept) _messages = [];
        }

        all.Settle(settled);
        return isSwept;
    }

    /// <summary>Ends an outbox that keeps nothing and has no connection: it takes no message from now on. For a table that forgets the client.</summary>
    /// <returns>False when it is in use.</returns>
    public bool TryRetire()
    {
        lock (_lock) return _isRetired |= _messages.Count == 0 && _connection is null;
    }

    /// <summary>The client has a connection here that is about to be welcomed: messages may be held for it.</summary>
    public void Reopen()
    {
        lock (_lock) _isGivenUp = false;
    }

    /// <summary>Another node goes on with the numbering and its messages; here a new numbering begins, without a connection. No result is told.</summary>
    /// <param name="now">The current timestamp.</param>
    public MovedOutbox GiveUp(long now)
    {
        List<Settlement>? settled = null;
        MovedOutbox moved;
        lock (_lock)
        {
            Expire(now, ref settled);
            moved = new MovedOutbox(_numbering, _highest, _messages);
            (_messages, _sent, _bytes, _earliest) = ([], 0, 0, long.MaxValue);
            (_numbering, _highest, _connection, _isGivenUp) = (NewNumbering(), 0, null, true);
        }

        all.Settle(settled);
        all.Moved(moved.Messages);
        return moved;
    }

    /// <summary>
    /// Goes on with what another node has given up. Of two numberings the one stays that the client was told last; numbered messages of the other one are dropped,
    /// since the client could not tell a duplicate of them. A record of the present numbering is an old copy, and changes nothing.
    /// </summary>
    /// <param name="moved">The numbering and its messages; null for none.</param>
    /// <param name="held">Messages that were held for the client, to be sent behind them.</param>
    /// <param name="isTold">The client was told the numbering that is in force here, on a connection that is open.</param>
    public void Adopt(MovedOutbox? moved, IReadOnlyList<OutgoingMessage> held, bool isTold)
    {
        List<Settlement>? settled = null;
        bool isNew;
        lock (_lock)
        {
            _isGivenUp = false;
            if (moved is not null && moved.Numbering != _numbering) Merge(moved, isTold, ref settled);
            foreach (var message in held) Keep(message, _messages.Count, ref settled);
            Expire(all.Now, ref settled);
            Send(ref settled);
            isNew = _messages.Count > 0 && !_isSwept;
            _isSwept |= isNew;
        }

        if (isNew) all.Sweep(this);
        all.Settle(settled);
    }

    private void Merge(MovedOutbox moved, bool isTold, ref List<Settlement>? settled)
    {
        if (isTold)
        {
            foreach (var message in moved.Messages)
            {
                if (message.Number == 0) Keep(message, _messages.Count, ref settled);
                else (settled ??= []).Add(new Settlement(message, DeliveryResult.Dropped, WasKept: false));
            }

            return;
        }

        if (_highest > 0) RemoveAll(static m => m.Number != 0, DeliveryResult.Dropped, ref settled);
        (_numbering, _highest, _sent) = (moved.Numbering, moved.Highest, 0);
        var place = 0;
        foreach (var message in moved.Messages)
        {
            if (Keep(message, place, ref settled)) place++;
        }
    }

    private bool Keep(OutgoingMessage message, int place, ref List<Settlement>? settled)
    {
        // It may come by two ways from the node that had it.
        if (_messages.Exists(m => m.Delivery.IsSameAs(message.Delivery))) return false;
        if (_isRetired || all.IsClosed || !HasRoomFor(message) || !all.TryReserve(message.Bytes))
        {
            (settled ??= []).Add(new Settlement(message, DeliveryResult.Dropped, WasKept: false));
            return false;
        }

        _messages.Insert(place, message);
        _bytes += message.Bytes;
        _earliest = Math.Min(_earliest, message.Deadline);
        message.Delivery.Become(IsAttached ? DeliveryResult.Queued : DeliveryResult.Held);
        return true;
    }

    private static string NewNumbering() => Guid.NewGuid().ToString("N");

    private OutboxAdmission AddLocked(OutgoingMessage message, bool mayHold, ref List<Settlement>? settled)
    {
        if (_isRetired) return OutboxAdmission.Retired;
        var isConnected = IsAttached;
        if (all.IsClosed || (!isConnected && !mayHold)) return OutboxAdmission.NotConnected;
        Expire(all.Now, ref settled);
        if (!HasRoomFor(message) || !all.TryReserve(message.Bytes)) return OutboxAdmission.Full;
        _messages.Add(message);
        _bytes += message.Bytes;
        _earliest = Math.Min(_earliest, message.Deadline);
        message.Delivery.Become(isConnected ? DeliveryResult.Queued : DeliveryResult.Held);
        return OutboxAdmission.Taken;
    }

    private bool HasRoomFor(OutgoingMessage message) =>
        _messages.Count < all.MaxMessages && _bytes + message.Bytes <= all.MaxBytes && message.FrameBytes <= all.MaxPendingBytes;

    private void Send(ref List<Settlement>? settled)
    {
        while (_connection is { HasEnded: false } connection && _sent < _messages.Count)
        {
            var message = _messages[_sent];
            if (message.FrameBytes > all.MaxPendingBytes)
            {
                // A reload has lowered the bound: it can never be sent, and would keep all behind it.
                Remove(_sent, DeliveryResult.Dropped, ref settled);
                continue;
            }

            var pending = connection.PendingBytes;
            if (pending > 0 && pending + message.FrameBytes > all.MaxPendingBytes / 2) return;
            if (message.Number != 0)
            {
                if (connection.SendNumbered(message.Type, message.Content, message.Number) != OutboundResult.Accepted) return;
            }
            else
            {
                // Before it is sent: its acknowledgement may come on another thread, which then waits for the lock.
                message.Number = ++_highest;
                if (connection.SendNumbered(message.Type, message.Content, message.Number) != OutboundResult.Accepted)
                {
                    message.Number = 0;
                    _highest--;
                    return;
                }
            }

            // A failed write ends the connection within the call.
            if (!ReferenceEquals(_connection, connection)) return;
            _sent++;
        }
    }

    private void RemoveThrough(long number, ref List<Settlement>? settled)
    {
        if (number > _highest) return;
        var count = 0;
        while (count < _messages.Count && _messages[count].Number is not 0 and var n && n <= number)
        {
            Forget(_messages[count++], DeliveryResult.Delivered, ref settled);
        }

        _messages.RemoveRange(0, count);
        // Some may not have been sent again on this connection: the client had them already.
        _sent = Math.Max(0, _sent - count);
    }

    private void Expire(long now, ref List<Settlement>? settled)
    {
        if (now < _earliest) return;
        RemoveAll(m => m.Deadline <= now, DeliveryResult.Expired, ref settled);
        _earliest = _messages.Count == 0 ? long.MaxValue : _messages.Min(m => m.Deadline);
    }

    private void RemoveAll(Predicate<OutgoingMessage> match, DeliveryResult result, ref List<Settlement>? settled)
    {
        var kept = new List<OutgoingMessage>(_messages.Count);
        var sent = 0;
        for (var i = 0; i < _messages.Count; i++)
        {
            if (match(_messages[i])) Forget(_messages[i], result, ref settled);
            else
            {
                if (i < _sent) sent++;
                kept.Add(_messages[i]);
            }
        }

        (_messages, _sent) = (kept, sent);
    }

    private void Remove(int index, DeliveryResult result, ref List<Settlement>? settled)
    {
        Forget(_messages[index], result, ref settled);
        _messages.RemoveAt(index);
    }

    private void Forget(OutgoingMessage message, DeliveryResult result, ref List<Settlement>? settled)
    {
        _bytes -= message.Bytes;
        (settled ??= []).Add(new Settlement(message, result));
    }
}
