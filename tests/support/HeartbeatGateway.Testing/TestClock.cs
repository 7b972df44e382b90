using Microsoft.Extensions.Time.Testing;

namespace HeartbeatGateway.Testing;

/// <summary>
/// A clock that stands still until a test advances it, with one promise that <see cref="FakeTimeProvider"/> does not give: when
/// <see cref="Advance(TimeSpan)"/> returns, the callbacks of all timers that were due have returned too. There, one thread at a time runs them,
/// and any thread that reads the time or starts a timer may be that one; an advance meanwhile leaves the callbacks to it and does not wait, so
/// that they run late on a busy machine.
/// </summary>
public class TestClock : FakeTimeProvider
{
    /// <summary>The time that the callbacks of one advance may take.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private long _ticks;

    /// <summary>A clock that shows the beginning of the year 2000.</summary>
    public TestClock() => _ticks = Start.UtcTicks;

    /// <summary>A clock that shows a time.</summary>
    /// <param name="start">The time, in UTC.</param>
    public TestClock(DateTimeOffset start)
#pragma warning disable RS0030 // Only this class may build on it.
        : base(start)
#pragma warning restore RS0030
    {
        _ticks = start.UtcTicks;
    }

    /// <summary>Only reads the time: code that asks for it runs no callbacks of others.</summary>
    public override DateTimeOffset GetUtcNow() => new(GetTimestamp(), TimeSpan.Zero);

    /// <summary>Only reads the time. Does not change with the date when that is overridden.</summary>
    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    /// <summary>Advances the clock, and runs or awaits the callbacks of all timers that are due. Not to be called by such a callback.</summary>
    /// <exception cref="TimeoutException">The callbacks took longer than 30 s.</exception>
    public new void Advance(TimeSpan delta)
    {
        Interlocked.Add(ref _ticks, delta.Ticks);
        base.Advance(delta);
        // Callbacks run one after the other, in the order of their due times: when that of a timer which is due last has run, all have.
        var reached = new TaskCompletionSource();
        using var last = base.CreateTimer(static reached => ((TaskCompletionSource)reached!).SetResult(), reached, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        if (!reached.Task.Wait(Limit)) throw new TimeoutException($"The callbacks of the timers that are due did not return within {Limit}.");
    }

    /// <summary>Sets the clock to a later time, as <see cref="Advance(TimeSpan)"/> does.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is earlier than the clock's.</exception>
    /// <exception cref="TimeoutException">The callbacks took longer than 30 s.</exception>
    public new void SetUtcNow(DateTimeOffset value) => Advance(TimeSpan.FromTicks(value.UtcTicks - GetTimestamp()));
}
