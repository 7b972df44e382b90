using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clusters;
using HeartbeatGateway.Server.Context;

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
    private int _sessions;
    private bool _isAdopted;

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
        lock (_lock) return _generation == long.MinValue && !_isAdopted && Outbox.TryRetire();
    }

    /// <summary>A connection is open whose welcome tells the numbers; it may not be confirmed yet.</summary>
    public bool IsOpen
    {
        get { lock (_lock) return _sessions > 0; }
    }

    /// <summary>A connection is about to get its welcome.</summary>
    /// <param name="instance">The instance of the client.</param>
    /// <returns>The number through which the frames of the instance are accepted; null without a record of it.</returns>
    public long? Open(string instance)
    {
        lock (_lock)
        {
            _sessions++;
            Outbox.Reopen();
            return _numbers is { } numbers && numbers.Instance == instance ? numbers.Accepted : null;
        }
    }

    /// <summary>A connection that was opened has ended.</summary>
    public void Close()
    {
        lock (_lock) _sessions--;
    }

    /// <summary>A connection was confirmed: numbers and pushes go on with it. An instance that is not the last one begins new numbers.</summary>
    /// <param name="session">The connection.</param>
    /// <param name="received">The number through which the client has received pushes.</param>
    /// <returns>False when a newer connection is attached already.</returns>
    public bool Attach(DeliverySession session, long received)
    {
        bool isGivenUp;
        lock (_lock)
        {
            if (session.Generation < _generation) return false;
            isGivenUp = session.Pushes != Outbox.Numbering;
            if (!isGivenUp) AttachLocked(session, received);
        }

        if (isGivenUp)
        {
            // The client goes on with another numbering than its welcome named: it has to read a new one.
            session.Connection.Close(new CloseRequest(CloseReason.Replaced) { Retry = true });
            return false;
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

    /// <summary>
    /// Gives up what is kept of the client, because it is connected to another node or because its next connection may be: the numbers, and the messages that are
    /// not acknowledged. What comes from here on begins a new numbering.
    /// </summary>
    /// <param name="now">The current timestamp.</param>
    /// <returns>What another node adopts; empty when nothing is kept.</returns>
    public ReadOnlyMemory<byte> GiveUp(long now)
    {
        (string, long)? inbound = null;
        MovedOutbox moved;
        lock (_lock)
        {
            // From here on frames of its connection are ignored. Messages that the sink has not settled are sent again, to the other node.
            if (_attached is { } session) DetachLocked(session);
            if (_numbers is { Accepted: { } accepted } numbers) inbound = (numbers.Instance, accepted);
            (_numbers, _isAdopted) = (null, false);
            moved = Outbox.GiveUp(now);
        }

        return inbound is null && moved is { Highest: 0, Messages.Count: 0 } ? default : DeliveryFormat.Write(moved, inbound, outboxes.Context, outboxes.Epoch, now);
    }

    /// <summary>Goes on with what another node has given up, before the welcome tells the numbers.</summary>
    /// <param name="kept">The result of <see cref="GiveUp"/>, and messages that were held for the client.</param>
    /// <param name="now">The current timestamp.</param>
    public void Adopt(ClusterKept kept, long now)
    {
        var adopting = new DeliveryAdoption(clientId, outboxes, now);
        var stored = adopting.Read(kept.Delivery);
        var moved = stored is null ? null : adopting.OutboxOf(stored, kept.DeliveryAge);
        var behind = adopting.ReadHeld(kept.Held);
        lock (_lock)
        {
            if (stored is { Instance: { } instance, Accepted: { } accepted }) AdoptLocked(instance, accepted);
            _isAdopted |= stored is not null;
            Outbox.Adopt(moved, behind, isTold: _sessions > 0);
        }
    }

    private void AdoptLocked(string instance, long accepted)
    {
        if (_numbers is not null && _sessions > 0)
        {
            if (_numbers.Instance == instance) _numbers.Adopt(accepted);
            return;
        }

        // Without an open connection here, the other node's record is the later one. Numbers of one instance only rise.
        if (_numbers?.Instance == instance && _numbers.Accepted >= accepted) return;
        _numbers = new InboundNumbers(instance, 0, unsettled);
        _numbers.Adopt(accepted);
    }

    private void AttachLocked(DeliverySession session, long received)
    {
        if (_attached is { } earlier) DetachLocked(earlier);
        _generation = session.Generation;
        _attached = session;
        if (_numbers?.Instance != session.Instance) _numbers = new InboundNumbers(session.Instance, session.Sent, unsettled);
        session.Numbers = _numbers;
        _numbers.Attach(session);
        Outbox.Attach(session.Connection, received);
    }

    private void DetachLocked(DeliverySession session)
    {
        _attached = null;
        _numbers!.Detach(session);
        Outbox.Detach(session.Connection);
    }
}
