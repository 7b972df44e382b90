using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>
/// Removes clients that have left. What cannot be sent is kept for a minute, at most <see cref="MaxUnsent"/> departures, and sent when Redis answers again.
/// What is dropped is corrected by the comparison, or by the end of the lease.
/// </summary>
internal sealed class Leaver : IDisposable
{
    public const int MaxUnsent = 16_384;
    private static readonly TimeSpan KeepUnsent = TimeSpan.FromMinutes(1);

    private readonly Queue<TimedDeparture> _unsent = new();
    private readonly Lock _lock = new();
    private readonly PartitionQueues<TimedDeparture, bool> _queues;
    private readonly UnclaimedMembers _unclaimed;
    private readonly DirectoryMetrics _metrics;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private long _dropped;

    public Leaver(LeaveBatch batch, UnclaimedMembers unclaimed, DirectoryMetrics metrics, TimeProvider timeProvider, ILogger logger)
    {
        (_unclaimed, _metrics, _timeProvider, _logger) = (unclaimed, metrics, timeProvider, logger);
        _queues = new PartitionQueues<TimedDeparture, bool>(batch.RunAsync, timeProvider);
    }

    public int Waiting => _queues.Waiting;

    public bool IsIdle => _queues.IsIdle;

    /// <summary>Removes a client.</summary>
    public void Add(ClusterDeparture departure)
    {
        _unclaimed.Remove(departure.Member);
        Send(new TimedDeparture(departure, _timeProvider.GetTimestamp()));
    }

    /// <summary>Sends what could not be sent, now that Redis answers.</summary>
    public void SendAgain()
    {
        List<TimedDeparture> unsent;
        long dropped;
        lock (_lock)
        {
            unsent = [.. _unsent.Where(d => _timeProvider.GetElapsedTime(d.At) <= KeepUnsent)];
            _unsent.Clear();
            (dropped, _dropped) = (_dropped, 0);
        }

        if (dropped > 0) _logger.DeparturesDropped(dropped);
        foreach (var departure in unsent) Send(departure);
    }

    public void Dispose() => _queues.Dispose();

    private void Send(TimedDeparture departure)
    {
        if (_queues.Add(departure.Departure.Member.ClientId, departure) is { } item)
        {
            _ = WatchAsync(item);
            return;
        }

        _metrics.Refused(DirectoryOperation.Leave);
        Keep(departure);
    }

    private async Task WatchAsync(BatchItem<TimedDeparture, bool> item)
    {
        try
        {
            await item.Answer;
        }
        catch (Exception e)
        {
            if (!RedisConnection.IsFailure(e)) _logger.DirectoryWorkFailed(e, "remove a client that has left");
            Keep(item.Item);
        }
    }

    private void Keep(TimedDeparture departure)
    {
        lock (_lock)
        {
            if (_unsent.Count >= MaxUnsent)
            {
                _unsent.Dequeue();
                _dropped++;
            }

            _unsent.Enqueue(departure);
        }
    }
}
