using System.Runtime.CompilerServices;
using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Cluster;

/// <summary>An event of the cluster with the number that this node gave it.</summary>
/// <param name="Sequence">1, 2, 3, …; one number is left out where events were lost.</param>
/// <param name="Event">The event.</param>
internal readonly record struct NumberedClusterEvent(long Sequence, ClusterEvent Event);

/// <summary>The events that a reader asks for are not kept, or were lost.</summary>
internal sealed class ClusterGapException() : Exception("Events of the cluster are no longer kept, or were lost.");

/// <summary>The latest presence events of all nodes, in the order in which this node saw them. Bounded: the oldest are dropped first. Thread-safe.</summary>
internal sealed class ClusterEventLog(int capacity = ClusterEventLog.DefaultCapacity)
{
    /// <summary>As many as the engine keeps of its own.</summary>
    public const int DefaultCapacity = 16_384;

    private const int MaxPart = 256;

    private readonly Lock _lock = new();
    private readonly NumberedClusterEvent[] _ring = new NumberedClusterEvent[capacity];
    private TaskCompletionSource<bool> _next = NewWaiting();
    private bool _hasGap;
    private long _last;
    private long _oldest = 1;

    /// <summary>The number of the last event; 0 before the first.</summary>
    public long Last
    {
        get
        {
            lock (_lock) return _last;
        }
    }

    /// <summary>The number of the oldest event that is kept; 1 before the first.</summary>
    public long Oldest
    {
        get
        {
            lock (_lock) return _oldest;
        }
    }

    /// <summary>
    /// Events are lost from here to the next one. Readers that wait are told so now; all others, also those that come meanwhile, by the next event.
    /// </summary>
    public void MarkGap()
    {
        lock (_lock)
        {
            if (_hasGap) return;
            _hasGap = true;
        }

        Wake(isGap: true);
    }

    public void Append(ClusterEvent e)
    {
        lock (_lock)
        {
            if (_hasGap || e.FollowsGap)
            {
                _hasGap = false;
                _last++;
                _oldest = _last + 1;
            }
            else if (_last + 1 - _oldest == capacity)
            {
                _oldest++;
            }

            _last++;
            _ring[_last % capacity] = new NumberedClusterEvent(_last, e);
        }

        Wake(isGap: false);
    }

    /// <summary>All events after one, as they happen, until cancelled.</summary>
    /// <param name="after">The number of the last event that is known.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="ClusterGapException">The next event is no longer kept, or was lost.</exception>
    public async IAsyncEnumerable<NumberedClusterEvent> FollowAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var (part, next) = Read(after);
            foreach (var e in part)
            {
                yield return e;
                after = e.Sequence;
            }

            if (part.Count == 0 && await next.WaitAsync(cancellationToken)) throw new ClusterGapException();
        }
    }

    private static TaskCompletionSource<bool> NewWaiting() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <returns>The next events, and a task that completes with the next one, or with true when events are lost.</returns>
    private (List<NumberedClusterEvent> Part, Task<bool> Next) Read(long after)
    {
        lock (_lock)
        {
            if (after + 1 < _oldest) throw new ClusterGapException();
            var part = new List<NumberedClusterEvent>();
            for (var number = after + 1; number <= _last && part.Count < MaxPart; number++) part.Add(_ring[number % capacity]);
            return (part, _next.Task);
        }
    }

    private void Wake(bool isGap)
    {
        TaskCompletionSource<bool> waiting;
        lock (_lock) (waiting, _next) = (_next, NewWaiting());
        waiting.SetResult(isGap);
    }
}
