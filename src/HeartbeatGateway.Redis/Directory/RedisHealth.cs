namespace HeartbeatGateway.Redis.Directory;

/// <summary>
/// Which calls to Redis fail. Partitions may be on different masters, so each is looked at on its own, and the keys of the nodes (leases) as one more.
/// Thread-safe.
/// </summary>
internal sealed class RedisHealth(TimeProvider timeProvider, ILogger logger)
{
    /// <summary>The number of the nodes' keys, behind those of the partitions.</summary>
    public const int NodeKeys = RedisKeys.Partitions;

    private readonly Lock _lock = new();

    // A server that refuses some calls and answers others must not fill the log.
    private readonly LogPause _lines = new(timeProvider);
    private readonly long[] _upSince = [.. Enumerable.Repeat(timeProvider.GetTimestamp(), NodeKeys + 1)];
    private bool _isDown;
    private int _failing;
    private int _failed;

    // What was logged since the last time that all answered. Each cause once: two that alternate would fill the log.
    private readonly HashSet<string> _loggedCauses = new(StringComparer.Ordinal);

    /// <summary>The last call failed.</summary>
    public bool IsDown => Volatile.Read(ref _isDown);

    /// <summary>The last call of a partition, or of the nodes' keys, failed. Others may succeed.</summary>
    public bool IsAnyDown => Volatile.Read(ref _failing) != 0;

    /// <summary>For how long no call has failed.</summary>
    /// <param name="part">A partition, or <see cref="NodeKeys"/>.</param>
    public TimeSpan UpFor(int part)
    {
        lock (_lock) return (_failing & (1 << part)) != 0 ? TimeSpan.Zero : timeProvider.GetElapsedTime(_upSince[part]);
    }

    /// <summary>A call succeeded.</summary>
    /// <param name="part">A partition, or <see cref="NodeKeys"/>.</param>
    public void Succeeded(int part)
    {
        if (!IsDown && (Volatile.Read(ref _failing) & (1 << part)) == 0) return;
        bool isLogged;
        lock (_lock)
        {
            _isDown = false;
            if ((_failing & (1 << part)) == 0) return;
            _failing &= ~(1 << part);
            _upSince[part] = timeProvider.GetTimestamp();
            if (_failing != 0) return;
            isLogged = _loggedCauses.Count > 0;
            _loggedCauses.Clear();
        }

        if (isLogged) logger.RedisReachable();
    }

    /// <summary>A call failed.</summary>
    /// <param name="part">A partition, or <see cref="NodeKeys"/>.</param>
    /// <param name="e">Why.</param>
    public void Failed(int part, Exception e)
    {
        lock (_lock)
        {
            _isDown = true;
            _failed |= 1 << part;
            _failing |= 1 << part;
            _upSince[part] = timeProvider.GetTimestamp();
            var cause = RedisCause.KindOf(e);
            if (_loggedCauses.Contains(cause) || !_lines.Allows()) return;
            _loggedCauses.Add(cause);
        }

        logger.RedisUnreachable(RedisCause.Of(e) + (part == NodeKeys ? " (the leases of the nodes)" : $" (partition {part})"));
    }

    /// <summary>What has failed since the last time this was asked: a bit for each partition, and for <see cref="NodeKeys"/>.</summary>
    public int TakeFailures()
    {
        lock (_lock)
        {
            var failed = _failed;
            _failed = 0;
            return failed;
        }
    }
}
