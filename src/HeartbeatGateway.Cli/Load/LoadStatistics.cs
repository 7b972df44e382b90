using System.Collections.Concurrent;
using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Load;

/// <summary>Counts the events of all clients of a run. Thread-safe.</summary>
internal sealed class LoadStatistics(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly ConcurrentDictionary<string, long> _lost = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _failed = new(StringComparer.Ordinal);
    private readonly PerSecond _reconnectAttempts = new();
    private long _connected;
    private long _firstConnects;
    private long _lastFirstConnect;
    private long _reconnects;
    private long _lostCount;
    private long _firstLoss = -1;
    private long _sent;
    private long _refused;
    private long _received;
    private long _dropped;
    private long _stopped;
    private volatile bool _isEnding;

    public Percentiles Rtt { get; } = new();

    /// <summary>With acknowledgements: from the call that sends a message to its acknowledgement.</summary>
    public Percentiles AcknowledgementTime { get; } = new();

    public Percentiles ConnectTime { get; } = new();

    public TimeSpan Elapsed => time.GetElapsedTime(_start);

    /// <summary>Connections that are currently open.</summary>
    public long Connected => Volatile.Read(ref _connected);

    public long FirstConnects => Volatile.Read(ref _firstConnects);

    public long Reconnects => Volatile.Read(ref _reconnects);

    public long Lost => Volatile.Read(ref _lostCount);

    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Messages that a full client queue refused.</summary>
    public long Refused => Volatile.Read(ref _refused);

    public long Received => Volatile.Read(ref _received);

    /// <summary>Messages that clients dropped, in either direction.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Clients that stopped because they must not reconnect.</summary>
    public long Stopped => Volatile.Read(ref _stopped);

    /// <summary>The time from the start of the run until the last first connection.</summary>
    public TimeSpan LastFirstConnect => new(Volatile.Read(ref _lastFirstConnect));

    public IReadOnlyDictionary<string, long> LostBy => Sorted(_lost);

    public IReadOnlyDictionary<string, long> FailedBy => Sorted(_failed);

    public Spread? ReconnectSpread => Spread.Of(_reconnectAttempts.Read());

    /// <summary>Marks the end of the run: later disconnects are not counted as losses.</summary>
    public void End() => _isEnding = true;

    public void ClientConnected(bool isFirst, TimeSpan sinceStarted)
    {
        Interlocked.Increment(ref _connected);
        if (!isFirst)
        {
            Interlocked.Increment(ref _reconnects);
            return;
        }

        ConnectTime.Record(sinceStarted);
        Interlocked.Increment(ref _firstConnects);
        RaiseTo(ref _lastFirstConnect, Elapsed.Ticks);
    }

    public void ClientLost(DisconnectInfo? end)
    {
        Interlocked.Decrement(ref _connected);
        if (_isEnding) return;
        Interlocked.CompareExchange(ref _firstLoss, Elapsed.Ticks, -1);
        Interlocked.Increment(ref _lostCount);
        _lost.AddOrUpdate(Name(end), 1, (_, count) => count + 1);
    }

    public void AttemptFailed(DisconnectInfo? end)
    {
        if (!_isEnding) _failed.AddOrUpdate(Name(end), 1, (_, count) => count + 1);
    }

    public void ReconnectAttempted(long count)
    {
        var firstLoss = Volatile.Read(ref _firstLoss);
        if (_isEnding || firstLoss < 0) return;
        for (var i = 0; i < count; i++) _reconnectAttempts.Add(Elapsed - TimeSpan.FromTicks(firstLoss));
    }

    public void MessageSent(bool wasTaken) => Interlocked.Increment(ref wasTaken ? ref _sent : ref _refused);

    public void MessageReceived() => Interlocked.Increment(ref _received);

    public void MessagesDropped(long count)
    {
        if (!_isEnding) Interlocked.Add(ref _dropped, count);
    }

    public void ClientStopped()
    {
        if (!_isEnding) Interlocked.Increment(ref _stopped);
    }

    private static string Name(DisconnectInfo? end) =>
        end?.ReasonName ?? System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName((end?.Kind ?? DisconnectKind.InternalError).ToString());

    private static void RaiseTo(ref long field, long value)
    {
        for (var seen = Volatile.Read(ref field); value > seen;)
        {
            var before = Interlocked.CompareExchange(ref field, value, seen);
            if (before == seen) return;
            seen = before;
        }
    }

    private static Dictionary<string, long> Sorted(IEnumerable<KeyValuePair<string, long>> counts) =>
        counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
}
