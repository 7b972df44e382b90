using System.Runtime.CompilerServices;

namespace HeartbeatGateway.Server.Context;

/// <summary>
/// The latest events of one kind, numbered from 1. Writers never wait for followers: a follower that falls behind the oldest kept event gets an
/// exception. Thread-safe.
/// </summary>
/// <typeparam name="T">The event.</typeparam>
/// <param name="capacity">How many are kept.</param>
/// <param name="gap">Makes the exception from the requested number, the oldest and the latest one.</param>
internal sealed class EventRing<T>(int capacity, Func<long, long, long, Exception> gap)
    where T : class
{
    private readonly Lock _lock = new();
    // Grows to its capacity with the events, since most gateways have few of some kinds.
    private readonly List<T> _ring = [];
    private long _last;
    private TaskCompletionSource? _more;

    /// <summary>The number of the latest event; 0 before the first.</summary>
    public long LastSequence => Volatile.Read(ref _last);

    /// <summary>The number of the oldest event that is kept; 1 before the first.</summary>
    public long OldestSequence => Math.Max(1, LastSequence - capacity + 1);

    /// <summary>Appends an event.</summary>
    /// <param name="state">What it is made of.</param>
    /// <param name="make">Makes it with its number, under the lock.</param>
    public void Append<TState>(TState state, Func<long, TState, T> make)
    {
        TaskCompletionSource? more;
        lock (_lock)
        {
            var sequence = _last + 1;
            var e = make(sequence, state);
            if (_ring.Count < capacity) _ring.Add(e);
            else _ring[IndexOf(sequence)] = e;
            Volatile.Write(ref _last, sequence);
            (more, _more) = (_more, null);
        }

        more?.TrySetResult();
    }

    /// <summary>All events after a number, as they happen, until cancelled. The exception of a gap: the next event is no longer kept, or the number is not one of this process.</summary>
    public async IAsyncEnumerable<T> FollowAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            T? next = null;
            Task more;
            lock (_lock)
            {
                var oldest = OldestSequence;
                if (after < oldest - 1 || after > _last) throw gap(after, oldest, _last);
                if (after < _last) next = _ring[IndexOf(after + 1)];
                more = next is not null ? Task.CompletedTask : (_more ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await more.WaitAsync(cancellationToken);
            if (next is null) continue;
            yield return next;
            after++;
        }
    }

    private int IndexOf(long sequence) => (int)((sequence - 1) % capacity);
}
