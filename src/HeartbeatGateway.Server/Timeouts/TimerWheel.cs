using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Shared.Idle;

namespace HeartbeatGateway.Server.Timeouts;

/// <summary>
/// One hashed timing wheel for all connections. Receiving never touches it: a connection is visited at its last known deadline and returns the next
/// one. A gap of a second or more between two ticks is a pause of the process, which shifts every deadline.
/// </summary>
internal sealed class TimerWheel : IDisposable
{
    /// <summary>Time between two ticks: the longest delay after a deadline in an unloaded process.</summary>
    public static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(25);

    /// <summary>
    /// The shortest gap between ticks that counts as a pause of the process. Shorter ones shift nothing: otherwise silent clients would never time
    /// out on a throttled processor.
    /// </summary>
    public static readonly TimeSpan StallThreshold = TimeSpan.FromSeconds(1);

    // One revolution (12.8 s) is above the usual limits, so that an untouched connection is visited about once per limit.
    private const int Slots = 512;

    private readonly Lock _lock = new();
    private readonly TimerWheelEntry?[] _slots = new TimerWheelEntry?[Slots];
    private readonly List<TimerWheelEntry> _due = [];
    private readonly TimeProvider _timeProvider;
    private readonly ProcessPauses _pauses;
    private readonly Action<TimeSpan> _stalled;
    private readonly long _tickUnits;
    private readonly long _stallUnits;
    private readonly long _origin;
    private ITimer? _timer;
    private long _lastTick;
    private long _lastTickAt;
    private int _ticking;

    public TimerWheel(TimeProvider timeProvider, ProcessPauses pauses, Action<TimeSpan> stalled)
    {
        _timeProvider = timeProvider;
        _pauses = pauses;
        _stalled = stalled;
        _tickUnits = timeProvider.ToTimestampUnits(TickInterval);
        _stallUnits = timeProvider.ToTimestampUnits(StallThreshold);
        _origin = _lastTickAt = timeProvider.GetTimestamp();
    }

    /// <summary>A pause that no tick has recorded yet is in progress, or just over.</summary>
    public bool IsLate => _timeProvider.GetTimestamp() - Volatile.Read(ref _lastTickAt) >= _stallUnits;

    /// <summary>Starts ticking. Without it, the caller calls <see cref="Tick"/>.</summary>
    public void Start()
    {
        _lastTickAt = _timeProvider.GetTimestamp();
        _timer ??= _timeProvider.CreateTimer(static state => ((TimerWheel)state!).Tick(), this, TickInterval, TickInterval);
    }

    /// <summary>Requests a visit at a deadline. An earlier requested visit stays; a later one is moved forward.</summary>
    public void Schedule(TimerWheelEntry entry, long deadline)
    {
        lock (_lock)
        {
            var tick = TickOf(deadline);
            switch (entry.Place)
            {
                case TimerWheelEntry.WheelPlace.Outside:
                    Insert(entry, tick);
                    break;
                case TimerWheelEntry.WheelPlace.InSlot when tick < entry.DueTick:
                    Unlink(entry);
                    Insert(entry, tick);
                    break;
                case TimerWheelEntry.WheelPlace.BeingVisited:
                    entry.DueTick = Math.Min(entry.DueTick, tick);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Removes an entry permanently; a visit in progress ends and is the last.</summary>
    public void Remove(TimerWheelEntry entry)
    {
        lock (_lock)
        {
            if (entry.Place == TimerWheelEntry.WheelPlace.InSlot) Unlink(entry);
            entry.Place = TimerWheelEntry.WheelPlace.Removed;
        }
    }

    /// <summary>Visits all due entries. Does nothing while another tick is in progress.</summary>
    public void Tick()
    {
        if (Interlocked.Exchange(ref _ticking, 1) != 0) return;
        try
        {
            var now = _timeProvider.GetTimestamp();
            var gap = now - _lastTickAt;
            if (gap >= _stallUnits)
            {
                _pauses.Add(_lastTickAt, now);
                _stalled(_timeProvider.GetElapsedTime(_lastTickAt, now));
            }

            Volatile.Write(ref _lastTickAt, now);
            TakeDue((now - _origin) / _tickUnits);
            foreach (var entry in _due) Visit(entry, now);
        }
        finally
        {
            _due.Clear();
            Volatile.Write(ref _ticking, 0);
        }
    }

    public void Dispose() => _timer?.Dispose();

    private void TakeDue(long tick)
    {
        lock (_lock)
        {
            // After a long pause every slot is checked once, not once for each missed tick.
            for (var t = Math.Max(_lastTick + 1, tick - Slots + 1); t <= tick; t++)
            {
                for (var entry = _slots[t % Slots]; entry is not null;)
                {
                    var next = entry.Next;
                    if (entry.DueTick <= tick)
                    {
                        Unlink(entry);
                        entry.Place = TimerWheelEntry.WheelPlace.BeingVisited;
                        entry.DueTick = long.MaxValue;
                        _due.Add(entry);
                    }

                    entry = next;
                }
            }

            _lastTick = tick;
        }
    }

    private void Visit(TimerWheelEntry entry, long now)
    {
        var deadline = entry.OnTimer(now);
        lock (_lock)
        {
            if (entry.Place != TimerWheelEntry.WheelPlace.BeingVisited) return;
            var tick = Math.Min(entry.DueTick, deadline == long.MaxValue ? long.MaxValue : TickOf(deadline));
            entry.Place = TimerWheelEntry.WheelPlace.Outside;
            if (tick != long.MaxValue) Insert(entry, tick);
        }
    }

    private void Insert(TimerWheelEntry entry, long tick)
    {
        ref var head = ref _slots[tick % Slots];
        entry.DueTick = tick;
        entry.Place = TimerWheelEntry.WheelPlace.InSlot;
        entry.Previous = null;
        entry.Next = head;
        if (head is not null) head.Previous = entry;
        head = entry;
    }

    private void Unlink(TimerWheelEntry entry)
    {
        if (entry.Previous is { } previous) previous.Next = entry.Next;
        else _slots[entry.DueTick % Slots] = entry.Next;
        if (entry.Next is { } next) next.Previous = entry.Previous;
        entry.Previous = entry.Next = null;
    }

    /// <summary>The first tick that is not before the deadline and not past.</summary>
    private long TickOf(long deadline) => Math.Max(_lastTick + 1, (Math.Max(0, deadline - _origin) + _tickUnits - 1) / _tickUnits);
}
