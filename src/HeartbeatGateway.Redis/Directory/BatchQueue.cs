namespace HeartbeatGateway.Redis.Directory;

/// <summary>
/// Collects operations for one script and partition: a batch goes out when none is in flight, when it has 128 operations, or 2 ms after its first one. Holds at
/// most <see cref="MaxWaiting"/> operations; more are refused. Batches are made and sent on the thread pool. Thread-safe.
/// </summary>
/// <typeparam name="TItem">An operation.</typeparam>
/// <typeparam name="TAnswer">Its answer.</typeparam>
internal sealed class BatchQueue<TItem, TAnswer> : IDisposable
{
    public const int MaxBatch = 128;
    public const int MaxWaiting = 4096;

    /// <summary>Batches without an answer. While Redis does not answer, no more are sent.</summary>
    public const int MaxInFlight = 8;

    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(2);

    private readonly Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TAnswer>>> _run;
    private readonly Queue<BatchItem<TItem, TAnswer>> _waiting = new();
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private bool _isTimerSet;
    private int _inFlight;

    /// <param name="run">Sends a batch and returns an answer for each of its operations, in order.</param>
    /// <param name="timeProvider">The clock.</param>
    public BatchQueue(Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TAnswer>>> run, TimeProvider timeProvider)
    {
        _run = run;
        _timer = timeProvider.CreateTimer(_ => Due(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Operations that wait to be sent.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock) return _waiting.Count;
        }
    }

    /// <summary>Nothing waits and nothing is in flight.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock) return _waiting.Count == 0 && _inFlight == 0;
        }
    }

    /// <summary>Adds an operation.</summary>
    /// <returns>Null when too many wait.</returns>
    public BatchItem<TItem, TAnswer>? Add(TItem item)
    {
        var added = new BatchItem<TItem, TAnswer>(item);
        List<BatchItem<TItem, TAnswer>>? batch;
        lock (_lock)
        {
            if (_waiting.Count >= MaxWaiting) return null;
            _waiting.Enqueue(added);
            batch = TakeLocked(isDue: false);
        }

        Begin(batch);
        return added;
    }

    public void Dispose() => _timer.Dispose();

    private void Due()
    {
        List<BatchItem<TItem, TAnswer>>? batch;
        lock (_lock)
        {
            _isTimerSet = false;
            batch = TakeLocked(isDue: true);
        }

        Begin(batch);
    }

    private List<BatchItem<TItem, TAnswer>>? TakeLocked(bool isDue)
    {
        if (_waiting.Count == 0 || _inFlight >= MaxInFlight) return null;
        if (!isDue && _inFlight > 0 && _waiting.Count < MaxBatch)
        {
            if (!_isTimerSet) _isTimerSet = _timer.Change(Delay, Timeout.InfiniteTimeSpan);
            return null;
        }

        var batch = new List<BatchItem<TItem, TAnswer>>(Math.Min(_waiting.Count, MaxBatch));
        while (batch.Count < MaxBatch && _waiting.TryDequeue(out var item))
        {
            if (item.TrySend()) batch.Add(item);
        }

        if (batch.Count == 0) return null;
        _inFlight++;
        return batch;
    }

    // Callers are read loops and event loops, which must not make batches.
    private void Begin(List<BatchItem<TItem, TAnswer>>? batch)
    {
        if (batch is not null) _ = Task.Run(() => RunAsync(batch));
    }

    private async Task RunAsync(List<BatchItem<TItem, TAnswer>> first)
    {
        for (var batch = first; batch is not null;)
        {
            try
            {
                var answers = await _run([.. batch.Select(i => i.Item)]);
                for (var i = 0; i < batch.Count; i++) batch[i].Complete(answers[i]);
            }
            catch (Exception e)
            {
                // Each caller gets it.
                foreach (var item in batch) item.Fail(e);
            }

            lock (_lock)
            {
                _inFlight--;
                batch = TakeLocked(isDue: true);
            }
        }
    }
}
