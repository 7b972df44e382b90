namespace HeartbeatGateway.Redis.Directory;

/// <summary>A <see cref="BatchQueue{TItem,TAnswer}"/> for each partition.</summary>
internal sealed class PartitionQueues<TItem, TAnswer> : IDisposable
{
    private readonly BatchQueue<TItem, TAnswer>[] _queues;

    /// <param name="run">Sends a batch of a partition.</param>
    /// <param name="timeProvider">The clock.</param>
    public PartitionQueues(Func<int, IReadOnlyList<TItem>, Task<IReadOnlyList<TAnswer>>> run, TimeProvider timeProvider) =>
        _queues = [.. Enumerable.Range(0, RedisKeys.Partitions).Select(p => new BatchQueue<TItem, TAnswer>(items => run(p, items), timeProvider))];

    public int Waiting => _queues.Sum(q => q.Waiting);

    public bool IsIdle => _queues.All(q => q.IsIdle);

    /// <summary>Adds an operation of a client.</summary>
    /// <returns>Null when too many wait.</returns>
    public BatchItem<TItem, TAnswer>? Add(string clientId, TItem item) => _queues[RedisKeys.PartitionOf(clientId)].Add(item);

    public void Dispose() => Array.ForEach(_queues, q => q.Dispose());
}
