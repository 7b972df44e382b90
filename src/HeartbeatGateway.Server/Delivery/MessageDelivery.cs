namespace HeartbeatGateway.Server.Delivery;

/// <summary>What becomes of one message for one client. Thread-safe; it does not keep the message's content.</summary>
public sealed class MessageDelivery
{
    // The result, plus this flag once it is final.
    private const int Final = 0x100;

    private readonly DeliveryIds _ids;
    private readonly long _number;
    private int _state;
    private TaskCompletionSource<DeliveryResult>? _settled;

    internal MessageDelivery(DeliveryIds ids, string clientId, bool isNumbered)
        : this(ids, ids.Next(), clientId, isNumbered)
    {
    }

    /// <param name="ids">Name the messages of the process that has accepted it first.</param>
    /// <param name="number">Its number there.</param>
    /// <param name="clientId">The client.</param>
    /// <param name="isNumbered">The client acknowledges it.</param>
    internal MessageDelivery(DeliveryIds ids, long number, string clientId, bool isNumbered)
    {
        (_ids, _number) = (ids, number);
        ClientId = clientId;
        IsNumbered = isNumbered;
    }

    /// <summary>Names the message: unique among all messages of all gateways.</summary>
    public string MessageId => _ids.Write(_number);

    /// <summary>The client.</summary>
    public string ClientId { get; }

    /// <summary>The client acknowledges the message. False for a client without the feature <c>ack</c>, and when the message was not accepted.</summary>
    public bool IsNumbered { get; }

    /// <summary>The result at this moment.</summary>
    public DeliveryResult Result => (DeliveryResult)(Volatile.Read(ref _state) & ~Final);

    /// <summary>The result is final. Without a number it is so from the beginning.</summary>
    public bool IsSettled => (Volatile.Read(ref _state) & Final) != 0;

    /// <summary>Completes with the final result.</summary>
    public Task<DeliveryResult> Settled
    {
        get
        {
            if (IsSettled) return Task.FromResult(Result);
            var source = LazyInitializer.EnsureInitialized(ref _settled, static () => new TaskCompletionSource<DeliveryResult>(TaskCreationOptions.RunContinuationsAsynchronously));
            // Pairs with the exchange in Settle: either the result is seen here, or the source is seen there.
            Interlocked.MemoryBarrier();
            if (IsSettled) source.TrySetResult(Result);
            return source.Task;
        }
    }

    /// <summary>The other one has the same <see cref="MessageId"/>.</summary>
    internal bool IsSameAs(MessageDelivery other) => _number == other._number && _ids.IsSameAs(other._ids);

    /// <summary>The number in <see cref="MessageId"/>.</summary>
    internal long Number => _number;

    /// <summary>Changes the result unless it is final.</summary>
    internal void Become(DeliveryResult result)
    {
        for (var seen = Volatile.Read(ref _state); (seen & Final) == 0;)
        {
            var before = Interlocked.CompareExchange(ref _state, (int)result, seen);
            if (before == seen) return;
            seen = before;
        }
    }

    /// <summary>Makes a result final. Called once.</summary>
    internal MessageDelivery Settle(DeliveryResult result)
    {
        Interlocked.Exchange(ref _state, (int)result | Final);
        Volatile.Read(ref _settled)?.TrySetResult(result);
        return this;
    }
}
