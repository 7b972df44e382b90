using System.Runtime.CompilerServices;
using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Server.Clients;

/// <summary>
/// The latest presence events, numbered. Writers never wait for followers: a follower that falls behind the oldest kept event gets an exception.
/// Thread-safe.
/// </summary>
internal sealed class PresenceEventBuffer(TimeProvider timeProvider, int capacity = PresenceEventBuffer.DefaultCapacity)
{
    public const int DefaultCapacity = 16 * 1024;

    private readonly Lock _lock = new();
    private readonly PresenceEvent?[] _ring = new PresenceEvent?[capacity];
    private long _last;
    private TaskCompletionSource? _more;

    /// <summary>The number of the latest event; 0 before the first.</summary>
    public long LastSequence => Volatile.Read(ref _last);

    /// <summary>The number of the oldest event that is kept; 1 before the first.</summary>
    public long OldestSequence => Math.Max(1, LastSequence - capacity + 1);

    public void Append(PresenceChange change, ClientSession session, IClientConnection connection, CloseReason reason, ConnectionId? previous = null)
    {
        TaskCompletionSource? more;
        lock (_lock)
        {
            var sequence = _last + 1;
            _ring[sequence % capacity] = new PresenceEvent(sequence, change, ClientInfo.Of(session, connection), reason, timeProvider.GetUtcNow())
            {
                Cause = reason == CloseReason.None ? null : connection.TimeoutCause,
                PreviousConnectionId = previous,
            };
            Volatile.Write(ref _last, sequence);
            (more, _more) = (_more, null);
        }

        more?.TrySetResult();
    }

    /// <summary>All events after a sequence number, as they happen, until cancelled.</summary>
    /// <exception cref="PresenceGapException">The next event is no longer kept, or the number is not one of this process.</exception>
    public async IAsyncEnumerable<PresenceEvent> FollowAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            PresenceEvent? next = null;
            Task more;
            lock (_lock)
            {
                var oldest = OldestSequence;
                if (after + 1 < oldest || after > _last) throw new PresenceGapException(after, oldest, _last);
                if (after < _last) next = _ring[(after + 1) % capacity];
                more = next is not null ? Task.CompletedTask : (_more ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await more.WaitAsync(cancellationToken);
            if (next is null) continue;
            yield return next;
            after = next.Sequence;
        }
    }
}
