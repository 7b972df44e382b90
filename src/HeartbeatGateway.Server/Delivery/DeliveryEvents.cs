using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Delivery;

/// <summary>The latest settled messages, numbered. Thread-safe.</summary>
internal sealed class DeliveryEvents(TimeProvider timeProvider, int capacity = DeliveryEvents.DefaultCapacity)
{
    public const int DefaultCapacity = 10_000;

    private readonly EventRing<DeliveryEvent> _ring = new(capacity, static (after, oldest, latest) => new DeliveryGapException(after, oldest, latest));

    /// <summary>The number of the latest event; 0 before the first.</summary>
    public long LastSequence => _ring.LastSequence;

    /// <summary>The number of the oldest event that is kept; 1 before the first.</summary>
    public long OldestSequence => _ring.OldestSequence;

    public void Append(MessageDelivery delivery, DeliveryResult result) => _ring.Append(
        (delivery, result, timeProvider), static (sequence, e) => new DeliveryEvent(sequence, e.timeProvider.GetUtcNow(), e.delivery.MessageId, e.delivery.ClientId, e.result));

    /// <summary>All events after a sequence number, as they happen, until cancelled.</summary>
    /// <exception cref="DeliveryGapException">The next event is no longer kept, or the number is not one of this process.</exception>
    public IAsyncEnumerable<DeliveryEvent> FollowAsync(long after, CancellationToken cancellationToken) => _ring.FollowAsync(after, cancellationToken);
}
