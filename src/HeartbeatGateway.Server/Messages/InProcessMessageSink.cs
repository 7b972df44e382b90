namespace HeartbeatGateway.Server.Messages;

/// <summary>
/// The sink of the program that embeds the gateway, with its counts. A message waits from the call until the sink has decided on it; none is in flight. The sink is
/// made at its first use, since it may need the gateway, which needs its sink.
/// </summary>
internal sealed class InProcessMessageSink(string name, Func<IMessageSink> make, TimeProvider timeProvider) : INamedMessageSink, IReceiptKeeper
{
    private readonly Lazy<IMessageSink> _sink = new(make);
    private readonly Lock _lock = new();
    private readonly LinkedList<DateTimeOffset> _waiting = new();
    private bool _isEnded;

    public string Name => name;

    public SinkBooks Books { get; } = new();

    /// <summary>Messages on which the sink decides within its call are not looked at.</summary>
    public DateTimeOffset? OldestWaiting
    {
        get
        {
            lock (_lock) return _waiting.First?.Value;
        }
    }

    public bool IsStopped => false;

    /// <summary>Makes the sink, so that its faults are found at the start.</summary>
    public void Make() => _ = _sink.Value;

    public ValueTask AcceptAsync(GatewayMessage message, CancellationToken cancellationToken)
    {
        if (!TryTake(message)) return default;
        message.Keeper = this;
        ValueTask call;
        try
        {
            call = _sink.Value.AcceptAsync(message, cancellationToken);
        }
        catch (Exception)
        {
            Drop(message, place: null, SinkDropCause.Failed);
            throw;
        }

        if (!call.IsCompletedSuccessfully) return new ValueTask(FinishAsync(message, call, cancellationToken));
        CompletedCall.Release(call);
        Finish(message, place: null);
        return default;
    }

    /// <summary>What waits is given up, and counted as such; nothing is taken any more. A receipt that is settled later still tells its client.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isEnded = true;
            _waiting.Clear();
            Books.DropWaiting(SinkDropCause.Stopped);
        }
    }

    void IReceiptKeeper.Settled(MessageReceipt receipt, MessageVerdict verdict) => Decide(receipt, verdict, SinkDropCause.Failed);

    private bool TryTake(GatewayMessage message)
    {
        lock (_lock)
        {
            Books.Take();
            if (!_isEnded) return true;
            Books.DropWaiting(SinkDropCause.Stopped);
        }

        message.Defer().Settle(MessageVerdict.Dropped);
        return false;
    }

    private async Task FinishAsync(GatewayMessage message, ValueTask call, CancellationToken cancellationToken)
    {
        LinkedListNode<DateTimeOffset>? place;
        lock (_lock) place = _isEnded ? null : _waiting.AddLast(timeProvider.GetUtcNow());
        try
        {
            await call;
        }
        catch (Exception e)
        {
            Drop(message, place, e is OperationCanceledException && cancellationToken.IsCancellationRequested ? SinkDropCause.Abandoned : SinkDropCause.Failed);
            throw;
        }

        Finish(message, place);
    }

    /// <summary>The call has ended: the sink is responsible, unless it decides later.</summary>
    /// <param name="message">The message.</param>
    /// <param name="place">Its place among those that wait; null when the call took no time.</param>
    private void Finish(GatewayMessage message, LinkedListNode<DateTimeOffset>? place)
    {
        if (message.Receipt is not { } receipt)
        {
            Decide(place, MessageVerdict.Accepted, default);
            return;
        }

        lock (_lock)
        {
            // The sink may have settled it on another thread already, or the gateway has stopped.
            if (!receipt.IsCounted && !_isEnded) receipt.Place = place ?? _waiting.AddLast(timeProvider.GetUtcNow());
            else Leave(place);
        }
    }

    /// <summary>The call has failed. A receipt that the sink has not settled is settled here, since the sink may have lost it.</summary>
    private void Drop(GatewayMessage message, LinkedListNode<DateTimeOffset>? place, SinkDropCause cause)
    {
        if (message.Receipt is not { } receipt)
        {
            Decide(place, MessageVerdict.Dropped, cause);
            return;
        }

        lock (_lock) Leave(place);
        Decide(receipt, MessageVerdict.Dropped, cause);
        receipt.Settle(MessageVerdict.Dropped);
    }

    private void Decide(MessageReceipt receipt, MessageVerdict verdict, SinkDropCause cause)
    {
        lock (_lock)
        {
            if (receipt.IsCounted) return;
            receipt.IsCounted = true;
            Decide(receipt.Place, verdict, cause);
        }
    }

    private void Decide(LinkedListNode<DateTimeOffset>? place, MessageVerdict verdict, SinkDropCause cause)
    {
        lock (_lock)
        {
            Leave(place);
            if (!_isEnded) Books.Decide(verdict, cause);
        }
    }

    private void Leave(LinkedListNode<DateTimeOffset>? place)
    {
        if (place?.List is not null) _waiting.Remove(place);
    }
}
