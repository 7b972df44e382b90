namespace HeartbeatGateway.Faults.Tests.Support;

/// <summary>
/// Measures the pauses of the test process itself: the gaps between the ticks of a timer. A test that reads real time allows for them, since it sees late
/// what happened during a pause.
/// </summary>
internal sealed class StallWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Shorter gaps than this are no pauses.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Lock _lock = new();
    private readonly List<(long From, long To)> _gaps = [];
    private readonly ITimer _timer;
    private long _last;

    public StallWatch()
    {
        _last = _time.GetTimestamp();
        _timer = _time.CreateTimer(static state => ((StallWatch)state!).Tick(), this, Interval, Interval);
    }

    /// <summary>The longest pause that lies at least partly between two timestamps; zero for none.</summary>
    public TimeSpan Longest(long from, long to) => Pauses(from, to).DefaultIfEmpty().Max();

    /// <summary>The longest pause from a timestamp until now.</summary>
    public TimeSpan Longest(long from) => Longest(from, _time.GetTimestamp());

    /// <summary>The number of pauses of at least this length.</summary>
    public int Count(TimeSpan length) => Pauses(0, long.MaxValue).Count(p => p >= length);

    public void Dispose() => _timer.Dispose();

    private List<TimeSpan> Pauses(long from, long to)
    {
        lock (_lock)
        {
            // The gap that is in progress: the timer may tick after the test continues.
            var now = _time.GetTimestamp();
            var gaps = _gaps.Append((From: _last, To: now)).Where(g => g.From < to && g.To > from);
            return [.. gaps.Select(g => _time.GetElapsedTime(g.From, g.To)).Where(g => g >= Shortest)];
        }
    }

    private void Tick()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            if (_time.GetElapsedTime(_last, now) >= Shortest) _gaps.Add((_last, now));
            _last = now;
        }
    }
}
