using HeartbeatGateway.Testing;


namespace HeartbeatGateway.Redis.Tests.Support;

/// <summary>A clock that the test advances, and that counts the timers that were made: then what is tested waits.</summary>
/// <param name="dueTime">Only timers with this time count; null: all.</param>
internal sealed class CountedTime(TimeSpan? dueTime = null) : TestClock
{
    private readonly TimeSpan? _counted = dueTime;
    private int _timers;

    public int Timers => Volatile.Read(ref _timers);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (_counted is null || _counted == dueTime) Interlocked.Increment(ref _timers);
        return timer;
    }
}
