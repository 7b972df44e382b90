using HeartbeatGateway.Protocol.Heartbeats;

namespace HeartbeatGateway.Protocol.Tests.Heartbeats;

public class IdleStateTests
{
    private static readonly IdleLimits Reader7 = new(7, 0, 0);
    private static readonly IdleCheck Never = new(null, false, long.MaxValue);
    private static readonly ProcessPauses NoStalls = new();

    [Fact]
    public void The_reader_is_idle_at_its_limit_and_not_a_tick_before()
    {
        var state = new IdleState(100);
        Assert.Equal(new IdleCheck(null, false, 107), state.Check(106, Reader7, NoStalls));
        Assert.Equal(new IdleCheck(IdleKind.Reader, true, 107), state.Check(107, Reader7, NoStalls));
    }

    [Fact]
    public void The_writer_is_idle_at_its_limit_and_not_a_tick_before()
    {
        var state = new IdleState(100);
        state.OnWrite(110);
        state.OnRead(114);
        Assert.Equal(new IdleCheck(null, false, 115), state.Check(114, new IdleLimits(0, 5, 0), NoStalls));
        Assert.Equal(new IdleCheck(IdleKind.Writer, true, 115), state.Check(115, new IdleLimits(0, 5, 0), NoStalls));
    }

    [Fact]
    public void All_is_idle_when_neither_was_active()
    {
        var limits = new IdleLimits(0, 0, 10);
        var state = new IdleState(100);
        state.OnRead(105);
        state.OnWrite(108);
        Assert.Equal(new IdleCheck(null, false, 118), state.Check(117, limits, NoStalls));
        state.OnRead(112);
        Assert.Equal(new IdleCheck(null, false, 122), state.Check(121, limits, NoStalls));
        Assert.Equal(new IdleCheck(IdleKind.All, true, 122), state.Check(122, limits, NoStalls));
    }

    [Fact]
    public void Writing_does_not_keep_the_reader_awake_nor_reading_the_writer()
    {
        var state = new IdleState(0);
        state.OnWrite(6);
        Assert.Equal(IdleKind.Reader, state.Check(7, Reader7, NoStalls).Event);
        state = new IdleState(0);
        state.OnRead(6);
        Assert.Equal(IdleKind.Writer, state.Check(7, new IdleLimits(0, 7, 0), NoStalls).Event);
    }

    [Fact]
    public void Nought_switches_a_kind_off()
    {
        var state = new IdleState(0);
        Assert.Equal(Never, state.Check(long.MaxValue / 2, default, NoStalls));
    }

    [Theory]
    [InlineData(IdleKind.Reader)]
    [InlineData(IdleKind.Writer)]
    [InlineData(IdleKind.All)]
    public void An_event_repeats_every_limit_while_the_silence_lasts_and_is_first_once(IdleKind kind)
    {
        var limits = LimitOf(kind, 7);
        var state = new IdleState(0);
        Assert.Equal(new IdleCheck(kind, true, 7), state.Check(7, limits, NoStalls));
        for (var due = 14; due <= 70; due += 7)
        {
            Assert.Equal(new IdleCheck(null, false, due), state.Check(due - 7, limits, NoStalls));
            Assert.Equal(new IdleCheck(null, false, due), state.Check(due - 1, limits, NoStalls));
            Assert.Equal(new IdleCheck(kind, false, due), state.Check(due, limits, NoStalls));
        }
    }

    [Theory]
    [InlineData(IdleKind.Reader)]
    [InlineData(IdleKind.Writer)]
    [InlineData(IdleKind.All)]
    public void Activity_makes_the_next_event_a_first_one(IdleKind kind)
    {
        var limits = LimitOf(kind, 7);
        var state = new IdleState(0);
        Assert.True(state.Check(7, limits, NoStalls).First);
        Assert.False(state.Check(14, limits, NoStalls).First);
        if (kind == IdleKind.Writer) state.OnWrite(15);
        else state.OnRead(15);
        Assert.Equal(new IdleCheck(null, false, 22), state.Check(21, limits, NoStalls));
        Assert.Equal(new IdleCheck(kind, true, 22), state.Check(22, limits, NoStalls));
        Assert.Equal(new IdleCheck(kind, false, 29), state.Check(29, limits, NoStalls));
    }

    [Fact]
    public void Activity_in_the_tick_of_an_event_counts()
    {
        var state = new IdleState(0);
        Assert.Equal(IdleKind.Reader, state.Check(7, Reader7, NoStalls).Event);
        state.OnRead(7);
        Assert.Equal(new IdleCheck(IdleKind.Reader, true, 14), state.Check(14, Reader7, NoStalls));
    }

    [Fact]
    public void A_write_makes_the_next_all_event_a_first_one_but_not_the_readers()
    {
        var limits = new IdleLimits(7, 0, 7);
        var state = new IdleState(0);
        Assert.Equal((IdleKind.Reader, true), Event(state.Check(7, limits, NoStalls)));
        Assert.Equal((IdleKind.All, true), Event(state.Check(7, limits, NoStalls)));
        state.OnWrite(8);
        Assert.Equal((IdleKind.Reader, false), Event(state.Check(15, limits, NoStalls)));
        Assert.Equal((IdleKind.All, true), Event(state.Check(15, limits, NoStalls)));
    }

    [Fact]
    public void An_event_that_is_noticed_late_repeats_a_limit_after_it_was_noticed()
    {
        // As Netty: its task schedules itself anew when it has run.
        var state = new IdleState(0);
        Assert.Equal(new IdleCheck(IdleKind.Reader, true, 7), state.Check(10, Reader7, NoStalls));
        Assert.Equal(new IdleCheck(null, false, 17), state.Check(16, Reader7, NoStalls));
        Assert.Equal(new IdleCheck(IdleKind.Reader, false, 17), state.Check(17, Reader7, NoStalls));
    }

    [Fact]
    public void Kinds_that_are_due_together_come_one_after_the_other()
    {
        var limits = new IdleLimits(5, 5, 5);
        var state = new IdleState(0);
        Assert.Equal(new IdleCheck(IdleKind.Reader, true, 5), state.Check(5, limits, NoStalls));
        Assert.Equal(new IdleCheck(IdleKind.Writer, true, 5), state.Check(5, limits, NoStalls));
        Assert.Equal(new IdleCheck(IdleKind.All, true, 5), state.Check(5, limits, NoStalls));
        Assert.Equal(new IdleCheck(null, false, 10), state.Check(5, limits, NoStalls));
    }

    [Fact]
    public void The_next_check_is_at_the_nearest_deadline()
    {
        var state = new IdleState(0);
        state.OnRead(10);
        state.OnWrite(3);
        Assert.Equal(new IdleCheck(null, false, 17), state.Check(10, new IdleLimits(7, 20, 30), NoStalls));
        Assert.Equal(new IdleCheck(null, false, 23), state.Check(10, new IdleLimits(0, 20, 30), NoStalls));
        Assert.Equal(new IdleCheck(null, false, 40), state.Check(10, new IdleLimits(0, 0, 30), NoStalls));
    }

    [Fact]
    public void Limits_may_change_between_checks()
    {
        var state = new IdleState(0);
        Assert.Null(state.Check(6, Reader7, NoStalls).Event);
        Assert.Equal(new IdleCheck(null, false, 15), state.Check(8, new IdleLimits(15, 0, 0), NoStalls));
        Assert.Equal(new IdleCheck(IdleKind.Reader, true, 3), state.Check(8, new IdleLimits(3, 0, 0), NoStalls));
    }

    [Fact]
    public void Activity_from_behind_the_checks_now_is_no_silence()
    {
        // Another thread read after the checking one took the time.
        var state = new IdleState(0);
        state.OnRead(9);
        Assert.Equal(new IdleCheck(null, false, 16), state.Check(7, Reader7, NoStalls));
    }

    [Fact]
    public void The_last_activity_can_be_asked_for()
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
