namespace HeartbeatGateway.Api.Snapshots;

/// <summary>The latest snapshots, and a signal for the next one. Written by one thread, read by any.</summary>
internal sealed class SnapshotHistory
{
    /// <summary>The most snapshots that are kept: five minutes of them.</summary>
    public const int Capacity = 300;

    private readonly Lock _lock = new();
    private readonly Queue<Snapshot> _snapshots = new(Capacity);
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _last;

    public void Add(Snapshot snapshot)
    {
        TaskCompletionSource added;
        lock (_lock)
        {
            if (_snapshots.Count == Capacity) _snapshots.Dequeue();
            _snapshots.Enqueue(snapshot);
            _last++;
            (added, _next) = (_next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        added.SetResult();
    }

    /// <summary>The snapshots after one of them, as far as they are kept.</summary>
    /// <param name="number">The number of the last snapshot that is known; 0 for all that are kept.</param>
    public SnapshotPart After(long number)
    {
        lock (_lock)
        {
            var count = (int)Math.Min(_last - number, _snapshots.Count);
            return new SnapshotPart([.. _snapshots.Skip(_snapshots.Count - count)], _last, _next.Task);
        }
    }
}

/// <summary>A part of the history.</summary>
/// <param name="Snapshots">The snapshots, the oldest first.</param>
/// <param name="Last">The number of the last one.</param>
/// <param name="Next">Completes when there is another one.</param>
internal sealed record SnapshotPart(IReadOnlyList<Snapshot> Snapshots, long Last, Task Next);
