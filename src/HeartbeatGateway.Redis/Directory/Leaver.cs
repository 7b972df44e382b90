using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Redis.Directory;

/// <summary>
/// Removes clients that have left. What cannot be sent is kept and sent when Redis answers again: for a minute, or for as long as what the client left
/// unacknowledged is kept; at most <see cref="MaxUnsent"/> departures and <see cref="MaxUnsentBytes"/>. Entries of departures that are dropped are removed by the
/// comparison, or by the end of the lease.
/// </summary>
internal sealed class Leaver : IDisposable
{
    public const int MaxUnsent = 16_384;

    /// <summary>Bytes at most of what clients left unacknowledged.</summary>
    public const long MaxUnsentBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan KeepUnsent = TimeSpan.FromMinutes(1);

    private readonly Queue<TimedDeparture> _unsent = new();
    private readonly Lock _lock = new();
    private readonly PartitionQueues<TimedDeparture, LeaveAnswer> _queues;
    private readonly UnclaimedMembers _unclaimed;
    private readonly DirectoryMetrics _metrics;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private long _unsentBytes;
    private long _dropped;

    public Leaver(LeaveBatch batch, UnclaimedMembers unclaimed, DirectoryMetrics metrics, TimeProvider timeProvider, ILogger logger)
    {
        (_unclaimed, _metrics, _timeProvider, _logger) = (unclaimed, metrics, timeProvider, logger);
        _queues = new PartitionQueues<TimedDeparture, LeaveAnswer>(batch.RunAsync, timeProvider);
    }

    public int Waiting => _queues.Waiting;

    public bool IsIdle => _queues.IsIdle;

    /// <summary>Departures that could not be sent and are kept.</summary>
    public int Unsent
    {
        get
        {
            lock (_lock) return _unsent.Count;
        }
    }

    /// <summary>What a client left unacknowledged was kept, and it is connected: the arguments are the client and the epoch of its node.</summary>
    public Action<string, string>? KeptForConnected { get; set; }

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
            unsent = [.. _unsent.Where(d => _timeProvider.GetElapsedTime(d.At) <= KeepFor(d.Departure))];
            _unsent.Clear();
            _unsentBytes = 0;
            (dropped, _dropped) = (_dropped, 0);
        }

        if (dropped > 0) _logger.DeparturesDropped(dropped);
        foreach (var departure in unsent) Send(departure);
    }

    public void Dispose() => _queues.Dispose();

    private static TimeSpan KeepFor(ClusterDeparture departure) =>
        departure.Delivery.IsEmpty || departure.KeepDeliveryFor < KeepUnsent ? KeepUnsent : departure.KeepDeliveryFor;

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

    private async Task WatchAsync(BatchItem<TimedDeparture, LeaveAnswer> item)
    {
        try
        {
            if ((await item.Answer).ConnectedTo is { } epoch) KeptForConnected?.Invoke(item.Item.Departure.Member.ClientId, epoch);
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
            _unsent.Enqueue(departure);
            _unsentBytes += departure.Departure.Delivery.Length;
            while (_unsent.Count > MaxUnsent || _unsentBytes > MaxUnsentBytes)
            {
                _unsentBytes -= _unsent.Dequeue().Departure.Delivery.Length;
                _dropped++;
            }
        }
    }
}
