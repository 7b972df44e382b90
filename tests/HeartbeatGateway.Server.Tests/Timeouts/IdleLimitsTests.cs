using HeartbeatGateway.Shared.Idle;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Timeouts;

public class IdleLimitsTests
{
    private static readonly TestClock Time = new();

    [Fact]
    public void Durations_are_converted_to_timestamp_units()
    {
        var second = Time.TimestampFrequency;
        Assert.Equal(
            new IdleLimits(7 * second, 0, second / 2),
            IdleLimits.From(TimeSpan.FromSeconds(7), TimeSpan.Zero, TimeSpan.FromMilliseconds(500), Time));
    }

    [Fact]
    public void Conversion_never_shortens_a_duration()
    {
        for (var milliseconds = 1; milliseconds < 20_000; milliseconds += 7)
        {
            var duration = TimeSpan.FromMilliseconds(milliseconds);
            var units = IdleLimits.From(duration, duration, duration, Time).Reader;
            Assert.True(Time.GetElapsedTime(0, units) >= duration);
        }
    }

    [Fact]
    public void The_longest_duration_never_expires()
    {
        var limits = IdleLimits.From(TimeSpan.MaxValue, TimeSpan.MaxValue, TimeSpan.MaxValue, Time);
        var state = new IdleState(1_000_000);
        Assert.Null(state.Take(2_000_000, limits, new ProcessPauses()).Event);
    }

    [Fact]
    public void An_infinite_duration_disables_an_idle_kind()
    {
        // As in Netty, zero and negative values disable the kind. A negative limit that applied would be due at every check.
        var infinite = Timeout.InfiniteTimeSpan;
        var state = new IdleState(1_000_000);
        Assert.Null(state.Take(2_000_000, IdleLimits.From(infinite, infinite, infinite, Time), new ProcessPauses()).Event);
    }
}
