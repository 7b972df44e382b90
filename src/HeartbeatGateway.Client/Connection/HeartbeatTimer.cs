using HeartbeatGateway.Shared.Idle;

namespace HeartbeatGateway.Client.Connection;

/// <summary>
/// The only timer of a connection: it checks the connection's deadlines when the next one has passed. A read or a write costs one timestamp
/// write.
/// </summary>
internal sealed class HeartbeatTimer : IDisposable
{
    /// <summary>
    /// A timer that is late by this much was delayed by its own process: a pause, a suspended machine or a starved thread pool.
    /// </summary>
    private static readonly TimeSpan StallThreshold = TimeSpan.FromSeconds(1);

    /// <summary>The slowest link, in bytes per second, on which an answer that waits behind other frames is waited for.</summary>
    private const int MinTransferRate = 200;

    /// <summary>The most bytes of complete frames that extend the wait for an answer. The frame in progress counts in addition.</summary>
    private const int MaxQueuedBytes = 64 * 1024;

    private readonly IHeartbeatOwner _owner;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private HeartbeatState _state;
    private IdleLimits _limits;
    private ProcessPauses _stalls = new();
    private long _dueAt;
    private long _receivedSinceAnswer;
    private int _frameInProgress;
    private long _shutdownDeadline = long.MaxValue;
    private bool _keepsHeartbeats;
    private bool _isDisposed;

    public HeartbeatTimer(IHeartbeatOwner owner, TimeProvider time, TimeSpan heartbeat, TimeSpan deadAfter)
    {
        _owner = owner;
        _time = time;
        _limits = Limits(heartbeat, deadAfter);
        var now = time.GetTimestamp();
        _state = new HeartbeatState(now);
        _timer = time.CreateTimer(static state => ((HeartbeatTimer)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public long LastRead => _state.LastRead;

    public void Start()
    {
        lock (_lock) CheckAndArm(_time.GetTimestamp());
    }

    public void OnRead() => _state.OnRead(_time.GetTimestamp());

    /// <summary>Decrypted bytes were received, and their complete frames handled: the answer to a ping may wait behind the rest.</summary>
    /// <param name="bytes">The number of bytes.</param>
    /// <param name="frameInProgress">The content length that the unfinished frame declares; 0 when there is none.</param>
    public void OnReceived(int bytes, int frameInProgress)
    {
        Volatile.Write(ref _frameInProgress, frameInProgress);
        Interlocked.Add(ref _receivedSinceAnswer, bytes);
    }

    /// <summary>The gateway has answered a ping.</summary>
    public void OnAnswer()
    {
        lock (_lock)
        {
            _state.OnAnswer();
            Volatile.Write(ref _receivedSinceAnswer, 0);
        }
    }

    public void OnWrite() => _state.OnWrite(_time.GetTimestamp());

    /// <summary>The gateway has answered. These limits apply from now on.</summary>
    public void Accept(TimeSpan heartbeat, TimeSpan deadAfter)
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            _limits = Limits(heartbeat, deadAfter);
            _state.OnAccepted(now);
            CheckAndArm(now);
        }
    }

    /// <summary>Calls <see cref="IHeartbeatOwner.ShutdownTimedOut"/> after the timeout. Sends no more pings, unless they are to go on until then.</summary>
    /// <param name="timeout">The time limit of the shutdown.</param>
    /// <param name="keepsHeartbeats">The shutdown waits for acknowledgements of the gateway, which may take longer than its idle limit.</param>
    public void BeginShutdown(TimeSpan timeout, bool keepsHeartbeats = false)
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            _shutdownDeadline = Math.Min(_shutdownDeadline, now + Units(timeout));
            _keepsHeartbeats = keepsHeartbeats;
            Arm(now, keepsHeartbeats ? _dueAt : _shutdownDeadline);
        }
    }

    public void Dispose()
    {
        lock (_lock) _isDisposed = true;
        _timer.Dispose();
    }

    private void OnTimer()
    {
        try
        {
            HeartbeatAction action;
            var stalled = TimeSpan.Zero;
            var unanswered = TimeSpan.Zero;
            var hasShutdownTimedOut = false;
            lock (_lock)
            {
                if (_isDisposed) return;
                var now = _time.GetTimestamp();
                hasShutdownTimedOut = now >= _shutdownDeadline;
                if (hasShutdownTimedOut || (_shutdownDeadline != long.MaxValue && !_keepsHeartbeats))
                {
                    action = HeartbeatAction.None;
                    if (!hasShutdownTimedOut) Arm(now, _shutdownDeadline);
                }
                else
                {
                    stalled = NoteStall(now);
                    action = CheckAndArm(now);
                    if (action == HeartbeatAction.NoAnswer) unanswered = _time.GetElapsedTime(_state.FirstUnanswered, now);
                }
            }

            // Called outside the lock, because these calls reach the application's logger.
            if (stalled > TimeSpan.Zero) _owner.Stalled(stalled);
            if (hasShutdownTimedOut) _owner.ShutdownTimedOut();
            if (action == HeartbeatAction.Dead) _owner.Dead();
            if (action == HeartbeatAction.NoAnswer) _owner.NoAnswer(unanswered);
        }
        catch (Exception e)
        {
            // An unhandled exception on a timer thread would end the process.
            _owner.Failed(e);
        }
    }

    private HeartbeatAction CheckAndArm(long now)
    {
        while (true)
        {
            var transfer = Math.Min(Volatile.Read(ref _receivedSinceAnswer), MaxQueuedBytes + (long)Volatile.Read(ref _frameInProgress))
                * _time.TimestampFrequency / MinTransferRate;
            var (action, deadline) = _state.Check(now, _limits, _stalls, transfer);
            switch (action)
            {
                case HeartbeatAction.Ping:
                    _owner.PingDue();
                    continue;
                case HeartbeatAction.Dead when _owner.HasUnreadInput || _owner.IsPaused:
                case HeartbeatAction.NoAnswer when _owner.IsPaused:
                    _state.OnUnreadInput(now);
                    continue;
                case HeartbeatAction.None:
                    Arm(now, deadline);
                    return action;
                default:
                    return action;
            }
        }
    }

    private TimeSpan NoteStall(long now)
    {
        var late = _time.GetElapsedTime(_dueAt, now);
        if (late < StallThreshold) return TimeSpan.Zero;
        // Only pauses within the current silence matter.
        if (_stalls.Between(LastRead, now) == 0) _stalls = new ProcessPauses();
        _stalls.Add(_dueAt, now);
        return late;
    }

    private void Arm(long now, long deadline)
    {
        deadline = Math.Min(deadline, _shutdownDeadline);
        _dueAt = deadline;
        if (_isDisposed) return;
        // Timers truncate to whole milliseconds. Rounding up keeps them from firing early.
        var wait = Math.Ceiling(_time.GetElapsedTime(now, deadline).TotalMilliseconds);
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(0, wait)), Timeout.InfiniteTimeSpan);
    }

    private IdleLimits Limits(TimeSpan heartbeat, TimeSpan deadAfter) => IdleLimits.From(deadAfter, heartbeat, TimeSpan.Zero, _time);

    private long Units(TimeSpan duration) => (long)Math.Ceiling(duration.TotalSeconds * _time.TimestampFrequency);
}
