using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Context;

namespace HeartbeatGateway.Server.Clients;

/// <summary>The latest presence events, numbered. Thread-safe.</summary>
internal sealed class PresenceEventBuffer(TimeProvider timeProvider, int capacity = PresenceEventBuffer.DefaultCapacity)
{
    public const int DefaultCapacity = 16 * 1024;

    private readonly EventRing<PresenceEvent> _ring = new(capacity, static (after, oldest, latest) => new PresenceGapException(after, oldest, latest));

    /// <summary>The number of the latest event; 0 before the first.</summary>
    public long LastSequence => _ring.LastSequence;

    /// <summary>The number of the oldest event that is kept; 1 before the first.</summary>
    public long OldestSequence => _ring.OldestSequence;

    public void Append(PresenceChange change, ClientSession session, IClientConnection connection, CloseReason reason, ConnectionId? previous = null) =>
        _ring.Append((change, session, connection, reason, previous, timeProvider), static (sequence, e) =>
            new PresenceEvent(sequence, e.change, ClientInfo.Of(e.session, e.connection), e.reason, e.timeProvider.GetUtcNow())
            {
                Cause = e.reason == CloseReason.None ? null : e.connection.TimeoutCause,
                PreviousConnectionId = e.previous,
            });

    /// <summary>All events after a sequence number, as they happen, until cancelled.</summary>
    /// <exception cref="PresenceGapException">The next event is no longer kept, or the number is not one of this process.</exception>
    public IAsyncEnumerable<PresenceEvent> FollowAsync(long after, CancellationToken cancellationToken) => _ring.FollowAsync(after, cancellationToken);
}
