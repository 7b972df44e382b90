namespace HeartbeatGateway.Cli.Connect;

/// <summary>
/// Counts messages on their way to the gateway. The protocol acknowledges no message, but the gateway reads frames in order: the answer
/// to a ping proves that it has read everything that was written before that ping.
/// </summary>
internal sealed class Delivery(TimeProvider time)
{
    // With more writes between two pings, the newest are merged: they then count as written at the time of the last one.
    private const int MaxWrites = 256;

    private readonly Lock _lock = new();
    private readonly Queue<(long At, long Count)> _unconfirmed = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (long At, long Count) _newest;
    private long _written;
    private long _lost;
    private bool _hasEnded;

    /// <summary>Messages that were written to a connection.</summary>
    public long WrittenCount
    {
        get
        {
            lock (_lock) return _written;
        }
    }

    /// <summary>Written messages whose connection ended before the gateway proved that it had read them.</summary>
    public long MayBeLost
    {
        get
        {
            lock (_lock) return _lost;
        }
    }

    public void Written(long count)
    {
        lock (_lock)
        {
            _written += count;
            if (_newest.Count > 0 && _unconfirmed.Count < MaxWrites)
            {
                _unconfirmed.Enqueue(_newest);
                _newest = default;
            }

            _newest = (time.GetTimestamp(), _newest.Count + count);
        }

        Change();
    }

    public void HeartbeatAnswered(TimeSpan roundTrip)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            while (_unconfirmed.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At, now) >= roundTrip) _unconfirmed.Dequeue();
            if (_unconfirmed.Count == 0 && _newest.Count > 0 && time.GetElapsedTime(_newest.At, now) >= roundTrip) _newest = default;
        }
    }

    /// <summary>A connection ended and not by this client's request: what it carried since the last proof may be lost.</summary>
    public void ConnectionLost()
    {
        lock (_lock)
        {
            _lost += _newest.Count + _unconfirmed.Sum(w => w.Count);
            _unconfirmed.Clear();
            _newest = default;
        }
    }

    /// <summary>The client has stopped: nothing more is written.</summary>
    /// <param name="isGraceful">True when the gateway has read everything and ended its stream.</param>
    public void End(bool isGraceful)
    {
        if (!isGraceful) ConnectionLost();
        lock (_lock) _hasEnded = true;
        Change();
    }

    /// <summary>Waits until a number of messages is written; false when the client stopped before.</summary>
    /// <param name="count">The number of messages, from the start of the session.</param>
    /// <param name="patience">The longest wait for the next write.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="TimeoutException">Nothing was written for the given time.</exception>
    public async Task<bool> WrittenAsync(long count, TimeSpan patience, CancellationToken cancellation)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_written >= count) return true;
                if (_hasEnded) return false;
                changed = _changed.Task;
            }

            await changed.WaitAsync(patience, time, cancellation);
        }
    }

    private void Change()
    {
        TaskCompletionSource changed;
        lock (_lock) (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        changed.TrySetResult();
    }
}
