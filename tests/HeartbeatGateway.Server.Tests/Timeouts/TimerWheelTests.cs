using HeartbeatGateway.Server.Timeouts;
using HeartbeatGateway.Shared.Idle;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Timeouts;

public sealed class TimerWheelTests : IDisposable
{
    private readonly TestClock _time = new();
    private readonly ProcessPauses _stalls = new();
    private readonly List<TimeSpan> _stalled = [];
    private readonly TimerWheel _wheel;

    public TimerWheelTests() => _wheel = new TimerWheel(_time, _stalls, _stalled.Add);

    public void Dispose() => _wheel.Dispose();

    [Fact]
    public void A_visit_is_never_early_and_at_most_one_tick_late_for_any_deadline()
    {
        var random = new Random(1);
        var entries = Enumerable.Range(0, 500).Select(_ => new Entry()).ToList();
        foreach (var entry in entries)
        {
            entry.Deadline = _time.GetTimestamp() + random.NextInt64(0, 60 * _time.TimestampFrequency);
            _wheel.Schedule(entry, entry.Deadline);
        }

        Run(TimeSpan.FromSeconds(61));
        Assert.All(entries, entry => Assert.InRange(Assert.Single(entry.Visits) - entry.Deadline, 0, TimerWheel.TickInterval.Ticks));
    }

    [Fact]
    public void An_unchanged_entry_is_visited_once_per_deadline_and_not_once_per_tick()
    {
        var entry = new Entry { Period = 7 * _time.TimestampFrequency };
        _wheel.Schedule(entry, _time.GetTimestamp() + entry.Period);
        Run(TimeSpan.FromSeconds(70.5));
        Assert.Equal(10, entry.Visits.Count);
    }

    [Fact]
    public void An_earlier_deadline_moves_the_visit_forward_and_a_later_one_changes_nothing()
    {
        var entry = new Entry();
        var start = _time.GetTimestamp();
        _wheel.Schedule(entry, start + (10 * _time.TimestampFrequency));
        _wheel.Schedule(entry, start + (2 * _time.TimestampFrequency));
        _wheel.Schedule(entry, start + (20 * _time.TimestampFrequency));
        Run(TimeSpan.FromSeconds(30));
        Assert.InRange(Assert.Single(entry.Visits) - start, 2 * _time.TimestampFrequency, (2 * _time.TimestampFrequency) + TimerWheel.TickInterval.Ticks);
    }

    [Fact]
    public void A_removed_entry_is_not_visited_again_even_when_it_is_removed_during_its_own_visit()
    {
        var removed = new Entry();
        _wheel.Schedule(removed, _time.GetTimestamp() + _time.TimestampFrequency);
        _wheel.Remove(removed);
        var selfRemoving = new Entry { Period = _time.TimestampFrequency };
        selfRemoving.OnVisit = () => _wheel.Remove(selfRemoving);
        _wheel.Schedule(selfRemoving, _time.GetTimestamp() + _time.TimestampFrequency);

        Run(TimeSpan.FromSeconds(10));
        Assert.Empty(removed.Visits);
        Assert.Single(selfRemoving.Visits);
    }

    [Fact]
    public void A_deadline_scheduled_during_the_visit_applies_when_it_is_the_earlier_one()
    {
        var entry = new Entry { Period = 10 * _time.TimestampFrequency };
        entry.OnVisit = () => _wheel.Schedule(entry, _time.GetTimestamp() + _time.TimestampFrequency);
        _wheel.Schedule(entry, _time.GetTimestamp() + _time.TimestampFrequency);
        Run(TimeSpan.FromSeconds(5.5));
        Assert.Equal(5, entry.Visits.Count);
    }

    [Fact]
    public void After_a_long_pause_each_due_entry_is_visited_once()
    {
        var entries = Enumerable.Range(0, 1000).Select(i => new Entry { Deadline = _time.GetTimestamp() + (i * TimerWheel.TickInterval.Ticks) }).ToList();
        foreach (var entry in entries) _wheel.Schedule(entry, entry.Deadline);
        _time.Advance(TimeSpan.FromMinutes(5));
        _wheel.Tick();
        Assert.All(entries, entry => Assert.Single(entry.Visits));
    }

    [Fact]
    public void A_gap_of_one_second_between_ticks_is_a_stall_and_a_shorter_gap_is_not()
    {
        _time.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        _wheel.Tick();
        Assert.Empty(_stalled);
        var before = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(1));
        _wheel.Tick();
        Assert.Equal(TimeSpan.FromSeconds(1), Assert.Single(_stalled));
        Assert.Equal(_time.TimestampFrequency, _stalls.Between(before, _time.GetTimestamp()));
    }

    [Fact]
    public void A_started_wheel_ticks_on_its_own_timer()
    {
        _wheel.Start();
        var entry = new Entry();
        _wheel.Schedule(entry, _time.GetTimestamp() + _time.TimestampFrequency);
        for (var i = 0; i < 41; i++) _time.Advance(TimerWheel.TickInterval);
        Assert.Single(entry.Visits);
    }

    private void Run(TimeSpan time)
    {
        for (var end = _time.GetUtcNow() + time; _time.GetUtcNow() < end;)
        {
            _time.Advance(TimerWheel.TickInterval);
            _wheel.Tick();
        }
    }

    private sealed class Entry : TimerWheelEntry
    {
        public List<long> Visits { get; } = [];

        public long Deadline { get; set; }

        public long Period { get; set; }

        public Action? OnVisit { get; set; }

        internal override long OnTimer(long now)
        {
            Visits.Add(now);
            OnVisit?.Invoke();
            return Period == 0 ? long.MaxValue : now + Period;
        }
    }
}
