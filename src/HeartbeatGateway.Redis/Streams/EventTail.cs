using System.Runtime.CompilerServices;
using HeartbeatGateway.Redis.Channel;
using HeartbeatGateway.Server.Clusters;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Streams;

/// <summary>
/// Follows the presence events of all partitions, from now on. One poll serves all readers; without readers nothing is asked. No command blocks, since one
/// connection serves everything. Thread-safe.
/// </summary>
/// <param name="connection">The connection to Redis.</param>
/// <param name="keys">The names of the streams.</param>
/// <param name="metrics">Counts gaps.</param>
/// <param name="logger">The logger.</param>
internal sealed class EventTail(RedisConnection connection, RedisKeys keys, ChannelMetrics metrics, ILogger logger)
{
    /// <summary>The pause between two reads.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(150);

    /// <summary>The longest pause, while reads fail.</summary>
    public static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(5);

    /// <summary>The most entries of a partition in one read. Where there are more, the next read follows at once.</summary>
    private const int MaxEntries = 512;

    /// <summary>The number of entries after a read that failed: the last known one and one more.</summary>
    private const int FewestEntries = 2;

    private readonly Lock _lock = new();
    private readonly List<EventFollower> _followers = [];
    private readonly EventCursor[] _cursors = [.. Enumerable.Range(0, RedisKeys.Partitions).Select(p => new EventCursor(p, keys.Events(p)))];
    private readonly LogPause _failureLines = new(connection.TimeProvider);
    private readonly LogPause _unknownLines = new(connection.TimeProvider);
    private readonly FailurePause _pause = new(Interval, LongestInterval);
    private TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isRunning;

    // Redis holds the whole answer to a read that was given up. If each further read asked for as much, the answers would fill its memory. So a read that fails is
    // followed by small ones, after longer pauses.
    private int _entries = MaxEntries;

    /// <summary>The events, from the first step of the enumeration on.</summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    public async IAsyncEnumerable<ClusterEvent> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var follower = new EventFollower();
        lock (_lock)
        {
            _followers.Add(follower);
            if (!_isRunning)
            {
                (_isRunning, _begun) = (true, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                _ = Task.Run(RunAsync, CancellationToken.None);
            }
        }

        try
        {
            await foreach (var e in follower.Events.ReadAllAsync(cancellationToken)) yield return e;
        }
        finally
        {
            lock (_lock) _followers.Remove(follower);
        }
    }

    /// <summary>Completes when the present poll knows where it begins.</summary>
    internal Task Begun
    {
        get
        {
            lock (_lock) return _begun.Task;
        }
    }

    private async Task RunAsync()
    {
        var hasBegun = false;
        while (IsNeeded())
        {
            var isMore = false;
            try
            {
                if (hasBegun) isMore = await ReadAsync();
                else await BeginAsync(_cursors);
                hasBegun = true;
                _begun.TrySetResult();
                _pause.Succeeded();
            }
            catch (Exception e)
            {
                _entries = FewestEntries;
                _pause.Failed();

                // What happens before the beginning is known is lost for those who follow already.
                if (!hasBegun) Tell(f => f.Lost());
                if (!RedisConnection.IsFailure(e)) logger.ChannelStepFailed(e);
                else if (_failureLines.Allows()) logger.EventsNotRead(RedisCause.Of(e));
            }

            if (!isMore) await Task.Delay(_pause.Length, connection.TimeProvider);
        }
    }

    private bool IsNeeded()
    {
        lock (_lock) return _isRunning = _followers.Count > 0;
    }

    private async Task BeginAsync(EventCursor[] cursors)
    {
        if (cursors.Length == 0) return;
        var newest = await connection.CallAsync(db => Task.WhenAll(cursors.Select(c => db.StreamRangeAsync(c.Key, count: 1, messageOrder: Order.Descending))));
        foreach (var (cursor, entries) in cursors.Zip(newest)) cursor.Begin(entries);
    }

    /// <returns>True when there is more to read.</returns>
    private async Task<bool> ReadAsync()
    {
        // Reading from the beginning of a stream whose place is lost would make old events new ones.
        await BeginAsync([.. _cursors.Where(c => c.IsLost)]);
        var most = _entries;
        var read = await connection.CallAsync(db => ReadAllAsync(db, most));
        _entries = Math.Min(MaxEntries, most * 2);
        var isMore = false;
        foreach (var cursor in _cursors)
        {
            var entries = read.GetValueOrDefault(cursor.Partition, []);
            isMore |= entries.Length == most;
            var added = cursor.Take(entries, out var lost);
            if (lost is not null)
            {
                metrics.EventGapFound();
                logger.EventsLost(cursor.Partition, lost);
                Tell(f => f.Lost());
            }

            foreach (var entry in added) Add(cursor.Partition, entry);
        }

        return isMore;
    }

    /// <summary>One command for all partitions; in a Redis Cluster, whose commands may not span slots, one for each, sent together.</summary>
    private async Task<Dictionary<int, StreamEntry[]>> ReadAllAsync(IDatabase database, int most)
    {
        if (database.Multiplexer.GetServers().Any(s => s.ServerType == ServerType.Cluster))
        {
            var reads = await Task.WhenAll(_cursors.Select(c => database.StreamReadAsync(c.Key, c.Position.Position, most)));
            return _cursors.Zip(reads).ToDictionary(r => r.First.Partition, r => r.Second);
        }

        var streams = await database.StreamReadAsync([.. _cursors.Select(c => c.Position)], most);
        return streams.ToDictionary(s => Array.FindIndex(_cursors, c => c.Key == s.Key), s => s.Entries);
    }

    private void Add(int partition, StreamEntry entry)
    {
        if (EventEntry.Read(partition, entry) is { } e) Tell(f => f.Add(e));
        else if (_unknownLines.Allows()) logger.EventUnknown($"{partition}:{entry.Id}");
    }

    private void Tell(Action<EventFollower> tell)
    {
        EventFollower[] followers;
        lock (_lock) followers = [.. _followers];
        foreach (var follower in followers) tell(follower);
    }
}
