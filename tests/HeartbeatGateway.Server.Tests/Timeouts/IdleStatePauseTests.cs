using HeartbeatGateway.Shared.Idle;

namespace HeartbeatGateway.Server.Tests.Timeouts;

public class IdleStatePauseTests
{
    private static readonly IdleLimits Reader7 = new(7, 0, 0);

    [Theory]
    [InlineData(nameof(IdleKind.Reader))]
    [InlineData(nameof(IdleKind.All))]
    public void Reader_and_all_are_not_idle_while_a_read_is_processed(string name)
    {
        var kind = Enum.Parse<IdleKind>(name);
        var limits = kind == IdleKind.Reader ? Reader7 : new IdleLimits(0, 0, 7);
        var state = new IdleState(0);
        Assert.Equal(new IdleCheck(null, false, 107), state.Take(100, limits, new ProcessPauses(), reading: true));
        Assert.Equal(new IdleCheck(kind, true, 7), state.Take(100, limits, new ProcessPauses()));
    }

    [Fact]
    public void The_writer_can_be_idle_while_a_read_is_processed()
    {
        var state = new IdleState(0);
        Assert.Equal(new IdleCheck(IdleKind.Writer, true, 7), state.Take(7, new IdleLimits(7, 7, 7), new ProcessPauses(), reading: true));
        Assert.Equal(new IdleCheck(null, false, 14), state.Take(7, new IdleLimits(7, 7, 7), new ProcessPauses(), reading: true));
    }

    [Theory]
    [InlineData(nameof(IdleKind.Reader))]
    [InlineData(nameof(IdleKind.Writer))]
    [InlineData(nameof(IdleKind.All))]
    public void A_process_pause_shifts_the_deadline_by_its_length(string name)
    {
        var kind = Enum.Parse<IdleKind>(name);
        var limits = new IdleLimits(kind == IdleKind.Reader ? 7 : 0, kind == IdleKind.Writer ? 7 : 0, kind == IdleKind.All ? 7 : 0);
        var stalls = new ProcessPauses();
        stalls.Add(3, 23);
        var state = new IdleState(0);
        Assert.Equal(new IdleCheck(null, false, 27), state.Take(23, limits, stalls));
        Assert.Equal(new IdleCheck(null, false, 27), state.Take(26, limits, stalls));
        Assert.Equal(new IdleCheck(kind, true, 27), state.Take(27, limits, stalls));
    }

    [Fact]
    public void Only_the_part_of_a_pause_after_the_last_read_counts()
    {
        var stalls = new ProcessPauses();
        stalls.Add(3, 23);
        var state = new IdleState(0);
        state.OnRead(13);
        Assert.Equal(new IdleCheck(null, false, 30), state.Take(29, Reader7, stalls));
        Assert.Equal(new IdleCheck(IdleKind.Reader, true, 30), state.Take(30, Reader7, stalls));
    }

    [Fact]
    public void A_pause_that_ended_before_the_last_read_does_not_count()
    {
        var stalls = new ProcessPauses();
        stalls.Add(3, 23);
        var state = new IdleState(0);
        state.OnRead(23);
        Assert.Equal(new IdleCheck(IdleKind.Reader, true, 30), state.Take(30, Reader7, stalls));
    }

    [Fact]
    public void A_pause_shifts_a_repeated_event_too()
    {
        var stalls = new ProcessPauses();
        var state = new IdleState(0);
        Assert.Equal(IdleKind.Reader, state.Take(7, Reader7, stalls).Event);
        stalls.Add(10, 15);
        Assert.Equal(new IdleCheck(null, false, 19), state.Take(18, Reader7, stalls));
        Assert.Equal(new IdleCheck(IdleKind.Reader, false, 19), state.Take(19, Reader7, stalls));
    }

    [Fact]
    public void Several_pauses_add_up()
    {
        var stalls = new ProcessPauses();
        stalls.Add(1, 3);
        stalls.Add(4, 9);
        var state = new IdleState(0);
        Assert.Equal(new IdleCheck(null, false, 14), state.Take(13, Reader7, stalls));
        Assert.Equal(new IdleCheck(IdleKind.Reader, true, 14), state.Take(14, Reader7, stalls));
    }
}
