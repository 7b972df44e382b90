using HeartbeatGateway.Shared.Idle;

namespace HeartbeatGateway.Server.Tests.Timeouts;

public class IdleStateTests
{
    private static readonly IdleLimits Reader7 = new(7, 0, 0);
    private static readonly IdleCheck Never = new(null, false, long.MaxValue);
    private static readonly ProcessPauses NoStalls = new();

    [Fact]
    public void The_reader_is_idle_at_its_limit_and_not_one_tick_earlier()
    {
        var state = new IdleState(100);
        Assert.Equal(new IdleCheck(null, false, 107), state.Take(106, Reader7, NoStalls));
        Assert.Equal(new IdleCheck(IdleKind.Reader, true, 107), state.Take(107, Reader7, NoStalls));
    }

    [Fact]
    public void The_writer_is_idle_at_its_limit_and_not_one_tick_earlier()
    {
        var state = new IdleState(100);
        state.OnWrite(110);
        state.OnRead(114);
        Assert.Equal(new IdleCheck(null, false, 115), state.Take(114, new IdleLimits(0, 5, 0), NoStalls));
        Assert.Equal(new IdleCheck(IdleKind.Writer, true, 115), state.Take(115, new IdleLimits(0, 5, 0), NoStalls));
    }

    [Fact]
    public void All_is_idle_when_neither_reader_nor_writer_was_active()
    {
        var limits = new IdleLimits(0, 0, 10);
        var state = new IdleState(100);
        state.OnRead(105);
        state.OnWrite(108);
        Assert.Equal(new IdleCheck(null, false, 118), state.Take(117, limits, NoStalls));
        state.OnRead(112);
        Assert.Equal(new IdleCheck(null, false, 122), state.Take(121, limits, NoStalls));
        Assert.Equal(new IdleCheck(IdleKind.All, true, 122), state.Take(122, limits, NoStalls));
    }

    [Fact]
    public void A_write_does_not_restart_reader_idle_and_a_read_does_not_restart_writer_idle()
    {
        var state = new IdleState(0);
        state.OnWrite(6);
        Assert.Equal(IdleKind.Reader, state.Take(7, Reader7, NoStalls).Event);
        state = new IdleState(0);
        state.OnRead(6);
        Assert.Equal(IdleKind.Writer, state.Take(7, new IdleLimits(0, 7, 0), NoStalls).Event);
    }

    [Fact]
    public void Zero_disables_an_idle_kind()
    {
        var state = new IdleState(0);
        Assert.Equal(Never, state.Take(long.MaxValue / 2, default, NoStalls));
    }

    [Theory]
    [InlineData(nameof(IdleKind.Reader))]
    [InlineData(nameof(IdleKind.Writer))]
    [InlineData(nameof(IdleKind.All))]
    public void An_event_repeats_after_each_limit_without_activity_and_is_first_once(string name)
    {
        var kind = Enum.Parse<IdleKind>(name);
        var limits = LimitOf(kind, 7);
        var state = new IdleState(0);
        Assert.Equal(new IdleCheck(kind, true, 7), state.Take(7, limits, NoStalls));
        for (var due = 14; due <= 70; due += 7)
        {
            Assert.Equal(new IdleCheck(null, false, due), state.Take(due - 7, limits, NoStalls));
            Assert.Equal(new IdleCheck(null, false, due), state.Take(due - 1, limits, NoStalls));
            Assert.Equal(new IdleCheck(kind, false, due), state.Take(due, limits, NoStalls));
        }
    }

    [Theory]
    [InlineData(nameof(IdleKind.Reader))]
    [InlineData(nameof(IdleKind.Writer))]
    [InlineData(nameof(IdleKind.All))]
    public void After_activity_the_next_event_is_first_again(string name)
    {
        var kind = Enum.Parse<IdleKind>(name);
        var limits = LimitOf(kind, 7);
        var state = new IdleState(0);
        Assert.True(state.Take(7, limits, NoStalls).First);
        Assert.False(state.Take(14, limits, NoStalls).First);
        if (kind == IdleKind.Writer) state.OnWrite(15);
        else state.OnRead(15);
        Assert.Equal(new IdleCheck(null, false, 22), state.Take(21, limits, NoStalls));
        Assert.Equal(new IdleCheck(kind, true, 22), state.Take(22, limits, NoStalls));
        Assert.Equal(new IdleCheck(kind, false, 29), state.Take(29, limits, NoStalls));
    }

    [Fact]
    public void Activity_in_the_same_tick_as_an_event_counts()
    {
        var state = new IdleState(0);
        Assert.Equal(IdleKind.Reader, state.Take(7, Reader7, NoStalls).Event);
        state.OnRead(7);
        Assert.Equal(new IdleCheck(IdleKind.Reader, true, 14), state.Take(14, Reader7, NoStalls));
    }

    [Fact]
    public void After_a_write_the_next_all_event_is_first_again_and_the_reader_event_is_not()
    {
        var limits = new IdleLimits(7, 0, 7);
        var state = new IdleState(0);
        Assert.Equal((IdleKind.Reader, true), Event(state.Take(7, limits, NoStalls)));
        Assert.Equal((IdleKind.All, true), Event(state.Take(7, limits, NoStalls)));
        state.OnWrite(8);
        Assert.Equal((IdleKind.Reader, false), Event(state.Take(15, limits, NoStalls)));
        Assert.Equal((IdleKind.All, true), Event(state.Take(15, limits, NoStalls)));
    }

    [Fact]
    public void An_event_that_is_noticed_late_repeats_one_limit_after_it_was_noticed()
    {
        // As in Netty, whose task schedules itself again after it has run.
        var state = new IdleState(0);
        Assert.Equal(new IdleCheck(IdleKind.Reader, true, 7), state.Take(10, Reader7, NoStalls));
        Assert.Equal(new IdleCheck(null, false, 17), state.Take(16, Reader7, NoStalls));
        Assert.Equal(new IdleCheck(IdleKind.Reader, false, 17), state.Take(17, Reader7, NoStalls));
    }

    [Fact]
    public void Kinds_that_are_due_together_are_returned_one_after_the_other()
    {
        var limits = new IdleLimits(5, 5, 5);
        var state = new IdleState(0);
        Assert.Equal(new IdleCheck(IdleKind.Reader, true, 5), state.Take(5, limits, NoStalls));
        Assert.Equal(new IdleCheck(IdleKind.Writer, true, 5), state.Take(5, limits, NoStalls));
        Assert.Equal(new IdleCheck(IdleKind.All, true, 5), state.Take(5, limits, NoStalls));
        Assert.Equal(new IdleCheck(null, false, 10), state.Take(5, limits, NoStalls));
    }

    [Fact]
    public void The_next_check_is_at_the_nearest_deadline()
    {
        var state = new IdleState(0);
        state.OnRead(10);
        state.OnWrite(3);
        Assert.Equal(new IdleCheck(null, false, 17), state.Take(10, new IdleLimits(7, 20, 30), NoStalls));
        Assert.Equal(new IdleCheck(null, false, 23), state.Take(10, new IdleLimits(0, 20, 30), NoStalls));
        Assert.Equal(new IdleCheck(null, false, 40), state.Take(10, new IdleLimits(0, 0, 30), NoStalls));
    }

    [Fact]
    public void Limits_may_change_between_checks()
    {
        var state = new IdleState(0);
        Assert.Null(state.Take(6, Reader7, NoStalls).Event);
        Assert.Equal(new IdleCheck(null, false, 15), state.Take(8, new IdleLimits(15, 0, 0), NoStalls));
        Assert.Equal(new IdleCheck(IdleKind.Reader, true, 3), state.Take(8, new IdleLimits(3, 0, 0), NoStalls));
    }

    [Fact]
    public void Activity_after_the_time_of_the_check_counts()
    {
        // Another thread received bytes after the checking thread read the clock.
        var state = new IdleState(0);
        state.OnRead(9);
        Assert.Equal(new IdleCheck(null, false, 16), state.Take(7, Reader7, NoStalls));
    }

    [Fact]
    public void The_last_activity_can_be_read()
    {
        var state = new IdleState(5);
        Assert.Equal((5, 5), (state.LastRead, state.LastWrite));
        state.OnRead(6);
        state.OnWrite(7);
        Assert.Equal((6, 7), (state.LastRead, state.LastWrite));
    }

    private static (IdleKind? Kind, bool First) Event(IdleCheck check) => (check.Event, check.First);

    private static IdleLimits LimitOf(IdleKind kind, long limit) => kind switch
    {
        IdleKind.Reader => new IdleLimits(limit, 0, 0),
        IdleKind.Writer => new IdleLimits(0, limit, 0),
        _ => new IdleLimits(0, 0, limit),
    };
}
