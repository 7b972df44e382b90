namespace HeartbeatGateway.Redis;

/// <summary>Redis' clock as its answers told it, so that clock of nodes need not agree. Thread-safe.</summary>
/// <param name="timeProvider">Measures the time since an answer.</param>
internal sealed class RedisClock(TimeProvider timeProvider)
{
    private readonly Reading?[] _readings = new Reading?[RedisKeys.Partitions];
    private volatile Reading? _reading;

    /// <summary>Redis has told its time.</summary>
    public bool IsKnown => _reading is not null;

    /// <summary>Milliseconds since 1970 by Redis' clock; by the node's own until Redis has answered.</summary>
    public long Now => _reading is { } reading ? NowBy(reading) : timeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// The same by the clock of the server that has a partition. Masters of a Redis Cluster have different clocks: until this one has answered, the latest
    /// answer of another is nearer to its time than none, with which what runs late would count as sent when it ran. 0 until any has answered.
    /// </summary>
    public long NowOf(int partition) => (Volatile.Read(ref _readings[partition]) ?? _reading) is { } reading ? NowBy(reading) : 0;

    /// <summary>A deadline by Redis' clock has passed. One of 0 never does, nor any while the time is not known.</summary>
    public bool IsPast(long deadline) => deadline > 0 && _reading is { } reading && NowBy(reading) > deadline;

    /// <summary>An answer had this time.</summary>
    public void Note(long milliseconds) => _reading = new Reading(milliseconds, timeProvider.GetTimestamp());

    /// <summary>The server of a partition answered with this time.</summary>
    public void Note(int partition, long milliseconds)
    {
        // Not what is in the field, which another master's answer may have changed since.
        var reading = new Reading(milliseconds, timeProvider.GetTimestamp());
        _reading = reading;
        Volatile.Write(ref _readings[partition], reading);
    }

    private long NowBy(Reading reading) => reading.Milliseconds + (long)timeProvider.GetElapsedTime(reading.At).TotalMilliseconds;

    private sealed record Reading(long Milliseconds, long At);
}
