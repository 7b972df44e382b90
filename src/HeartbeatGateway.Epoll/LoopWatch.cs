using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Epoll;

/// <summary>
/// Tells in which connection each loop has been for how long. The watch looks at what the loops publish, so a loop reads no clock: the same connection and the same
/// count of events as at an earlier look means that the loop has not gone on since then.
/// </summary>
internal sealed class LoopWatch : IDisposable
{
    /// <summary>Time between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>A loop is blocked after this time in one event.</summary>
    public static readonly TimeSpan BlockedAfter = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A blocked loop was also seen that often in the same event. After a pause of the process, one look finds the event from before the pause: its time alone says
    /// nothing about the program.
    /// </summary>
    private const int MinRepeats = 3;

    private readonly IReadOnlyList<IWatchedLoop> _loops;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Stay?[] _stays;
    private readonly ITimer _timer;
    private int _isLooking;

    public LoopWatch(IReadOnlyList<IWatchedLoop> loops, TimeProvider timeProvider, ILogger logger)
    {
        (_loops, _timeProvider, _logger) = (loops, timeProvider, logger);
        _stays = new Stay?[loops.Count];
        _timer = timeProvider.CreateTimer(static watch => ((LoopWatch)watch!).LookAtAll(), this, Interval, Interval);
    }

    /// <summary>The loops at this moment.</summary>
    public EpollLoopState[] ReadStates() => [.. _loops.Select(Read)];

    public void Dispose() => _timer.Dispose();

    private void LookAtAll()
    {
        // A late look is left out: two at a time would count one stay twice.
        if (Interlocked.Exchange(ref _isLooking, 1) != 0) return;
        try
        {
            for (var i = 0; i < _stays.Length; i++) Look(_loops[i], ref _stays[i]);
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    private void Look(IWatchedLoop loop, ref Stay? place)
    {
        var (connection, served, last) = (loop.Serving, loop.Served, place);
        if (last is null || !last.IsOf(connection, served))
        {
            Volatile.Write(ref place, connection is null ? null : new Stay(connection, served, _timeProvider.GetTimestamp()));
            if (last is { IsReported: true }) Continues(loop, last);
            return;
        }

        var busy = _timeProvider.GetElapsedTime(last.Since);
        last.Repeats++;
        if (last.IsReported || busy < BlockedAfter || last.Repeats < MinRepeats) return;
        last.IsReported = true;
        loop.IsBlocked = true;
        _logger.LoopBlocked(loop.Number, last.Connection.ConnectionId, last.Connection.RemoteEndPoint, busy.TotalSeconds, loop.ConnectionCount - 1);
    }

    private void Continues(IWatchedLoop loop, Stay ended)
    {
        loop.IsBlocked = false;
        var (length, connectionId) = (_timeProvider.GetElapsedTime(ended.Since), ended.Connection.ConnectionId);
        _logger.LoopContinues(loop.Number, length.TotalSeconds, connectionId);
    }

    private EpollLoopState Read(IWatchedLoop loop, int index)
    {
        var (connection, served, stay) = (loop.Serving, loop.Served, Volatile.Read(ref _stays[index]));
        var busy = stay is not null && stay.IsOf(connection, served) ? _timeProvider.GetElapsedTime(stay.Since) : TimeSpan.Zero;
        return new EpollLoopState(loop.Number, loop.ConnectionCount, connection?.ConnectionId, connection?.RemoteEndPoint, busy, loop.IsPinged);
    }

    /// <summary>One event that a look has found a loop in.</summary>
    private sealed class Stay(ConnectionContext connection, uint served, long since)
    {
        public ConnectionContext Connection { get; } = connection;

        /// <summary>The timestamp of the first look.</summary>
        public long Since { get; } = since;

        /// <summary>Looks after the first one that found the loop in the same event.</summary>
        public int Repeats { get; set; }

        public bool IsReported { get; set; }

        public bool IsOf(ConnectionContext? other, uint otherServed) => Connection == other && served == otherServed;
    }
}
