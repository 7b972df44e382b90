namespace HeartbeatGateway.Server.Delivery;

/// <summary>
/// What delivery remembers of one client id: the numbers of its frames, and the frames for it that are not acknowledged. Under its lock it calls its parts
/// only. Thread-safe.
/// </summary>
internal sealed class ClientDelivery(string clientId, UnsettledCount unsettled, Outboxes outboxes)
{
    private readonly Lock _lock = new();
    private InboundNumbers? _numbers;
    private DeliverySession? _attached;
    private long _generation = long.MinValue;

    public string ClientId => clientId;

    public Outbox Outbox { get; } = new(outboxes);

    /// <summary>Open connections that hold it. Under the table's lock.</summary>
    public int Connections { get; set; }

    /// <summary>The number of its last departure. Under the table's lock.</summary>
    public long Departure { get; set; }

    /// <summary>Ends the state of a client of which no connection was ever confirmed, and for which nothing is kept.</summary>
    /// <returns>False when it is in use.</returns>
    public bool TryRetireBlank()
    {
        lock (_lock) return _generation == long.MinValue && Outbox.TryRetire();
    }

    /// <summary>The number through which the frames of an instance are accepted; null without a record of it.</summary>
    public long? AcceptedOf(string instance)
    {
        lock (_lock) return _numbers is { } numbers && numbers.Instance == instance ? numbers.Accepted : null;
    }

    /// <summary>A connection was confirmed: numbers and pushes go on with it. An instance that is not the last one begins new numbers.</summary>
    /// <param name="session">The connection.</param>
    /// <param name="received">The number through which the client has received pushes.</param>
    /// <returns>False when a newer connection is attached already.</returns>
    public bool Attach(DeliverySession session, long received)
    {
        lock (_lock)
        {
            if (session.Generation < _generation) return false;
            if (_attached is { } earlier) DetachLocked(earlier);
            _generation = session.Generation;
            _attached = session;
            if (_numbers?.Instance != session.Instance) _numbers = new InboundNumbers(session.Instance, session.Sent, unsettled);
            session.Numbers = _numbers;
            _numbers.Attach(session);
            Outbox.Attach(session.Connection, received);
        }

        // Pairs with the end of the connection, which detaches: either the end is seen here, or the attachment is seen there.
        Interlocked.MemoryBarrier();
        if (session.Connection.HasEnded) Detach(session);
        return true;
    }

    /// <summary>A connection has ended. Changes nothing when another one was attached since.</summary>
    public void Detach(DeliverySession session)
    {
        lock (_lock)
        {
            if (_attached == session) DetachLocked(session);
        }
    }

    private void DetachLocked(DeliverySession session)
    {
        _attached = null;
        _numbers!.Detach(session);
        Outbox.Detach(session.Connection);
    }
}
