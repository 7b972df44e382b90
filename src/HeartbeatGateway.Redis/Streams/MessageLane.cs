using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Streams;

/// <summary>
/// The messages of one partition, in order, with one batch in flight. Messages that arrive meanwhile make the next batch, so batches grow with the load and nothing
/// is delayed for them. Its number of messages is bounded by <see cref="MessageRoom"/>. Thread-safe.
/// </summary>
/// <param name="stream">The key of the stream.</param>
/// <param name="connection">The connection to Redis.</param>
/// <param name="owner">Counts, settles and tells when to end.</param>
internal sealed class MessageLane(RedisKey stream, RedisConnection connection, IMessageLaneOwner owner)
{
    private const int MaxBatchMessages = 256;
    private const int MaxBatchBytes = 1024 * 1024;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

    private readonly MessageAppender _appender = new(stream, connection);
    private readonly Lock _lock = new();
    private readonly LinkedList<WaitingMessage> _waiting = [];
    private Task _running = Task.CompletedTask;
    private bool _isRunning;
    private bool _isFailing;

    /// <summary>When the oldest message was taken that waits; null when none waits.</summary>
    public DateTimeOffset? OldestWaiting
    {
        get
        {
            lock (_lock) return _waiting.First?.Value.Time;
        }
    }

    /// <summary>Completes when the lane is empty.</summary>
    public Task Empty
    {
        get
        {
            lock (_lock) return _running;
        }
    }

    public void Add(WaitingMessage message)
    {
        lock (_lock)
        {
            _waiting.AddLast(message);
            if (_isRunning) return;
            _isRunning = true;
            _running = Task.Run(RunAsync);
        }
    }

    private async Task RunAsync()
    {
        var pause = FirstPause;
        while (Take() is { Count: > 0 } batch)
        {
            if (owner.GiveUpCause(batch[0]) is { } cause)
            {
                Remove(1);
                owner.GaveUp(batch[0], cause);
                continue;
            }

            var added = await TryAddAsync(batch);
            Remove(added);
            if (added == batch.Count) pause = FirstPause;
            else
            {
                await Task.Delay(pause, connection.TimeProvider, owner.Ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
            }
        }
    }

    private List<WaitingMessage> Take()
    {
        lock (_lock)
        {
            var (batch, bytes) = (new List<WaitingMessage>(), 0);
            foreach (var message in _waiting)
            {
                bytes += message.Bytes;
                if (batch.Count > 0 && (batch.Count == MaxBatchMessages || bytes > MaxBatchBytes)) break;
                batch.Add(message);
            }

            if (batch.Count == 0) _isRunning = false;
            return batch;
        }
    }

    private void Remove(int messages)
    {
        lock (_lock)
        {
            for (; messages > 0; messages--) _waiting.RemoveFirst();
        }
    }

    /// <summary>Adds a batch.</summary>
    /// <returns>How many from the first on are in the stream. Those from the first failure on are added again, so that the order stays: some may be in it twice.</returns>
    private async Task<int> TryAddAsync(List<WaitingMessage> batch)
    {
        foreach (var _ in batch) owner.Books.Start();
        var (added, failure) = await _appender.AddAsync(batch);
        for (var i = 0; i < batch.Count; i++)
        {
            if (i < added) owner.Added(batch[i]);
            else owner.Books.Retry();
        }

        owner.Tried(batch.Count - added, _isFailing, failure);
        _isFailing = added < batch.Count;
        return added;
    }
}
