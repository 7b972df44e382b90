using HeartbeatGateway.Client.Connection;
using HeartbeatGateway.Shared.Idle;

namespace HeartbeatGateway.Client.Tests.Connection;

public sealed class HeartbeatStateTests
{
    private static readonly IdleLimits Limits = new(Reader: 100, Writer: 50, All: 0);

    [Fact]
    public void Reads_and_writes_postpone_the_ping()
    {
        var state = Accepted();
        state.OnRead(30);
        state.OnWrite(20);
        Assert.Equal((HeartbeatAction.None, 70), state.Check(69, Limits, new ProcessPauses()));
        Assert.Equal((HeartbeatAction.Ping, 70), state.Check(70, Limits, new ProcessPauses()));
        // The ping is unanswered: the next one is due one heartbeat after it.
        Assert.Equal((HeartbeatAction.None, 120), state.Check(70, Limits, new ProcessPauses()));
    }

    [Fact]
    public void Requests_one_ping_when_it_writes_but_reads_nothing()
    {
        var state = Accepted();
        for (var now = 10; now < 50; now += 10) state.OnWrite(now);
        Assert.Equal(HeartbeatAction.Ping, state.Check(50, Limits, new ProcessPauses()).Action);
        for (var now = 50; now < 100; now += 10)
        {
            state.OnWrite(now);
            Assert.Equal(HeartbeatAction.None, state.Check(now, Limits, new ProcessPauses()).Action);
        }

        Assert.Equal(HeartbeatAction.Dead, state.Check(100, Limits, new ProcessPauses()).Action);
    }

    [Fact]
    public void Bytes_before_the_first_answer_do_not_restart_the_timeout()
    {
        var state = new HeartbeatState(0);
        state.OnRead(99);
        state.OnWrite(99);
        Assert.Equal(HeartbeatAction.Ping, state.Check(99, Limits, new ProcessPauses()).Action);
        Assert.Equal(HeartbeatAction.Dead, state.Check(100, Limits, new ProcessPauses()).Action);
    }

    [Fact]
    public void A_pause_does_not_count_and_restarts_the_timeout_once_per_silence()
    {
        var state = Accepted();
        var stalls = new ProcessPauses();
        stalls.Add(90, 190);
        state.OnWrite(190);
        // 100 of the 200 units were a pause: the limit is reached, and the timeout restarts once.
        Assert.Equal(HeartbeatAction.Ping, state.Check(200, Limits, stalls).Action);
        state.OnWrite(200);
        Assert.Equal(HeartbeatAction.None, state.Check(200, Limits, stalls).Action);
        state.OnWrite(299);
        Assert.Equal(HeartbeatAction.None, state.Check(299, Limits, stalls).Action);
        Assert.Equal(HeartbeatAction.Dead, state.Check(300, Limits, stalls).Action);
    }

    [Fact]
    public void Repeated_pauses_do_not_keep_a_silent_gateway_alive()
    {
        var state = Accepted();
        var stalls = new ProcessPauses();
        var now = 0;
        for (var i = 0; i < 100; i++)
        {
            stalls.Add(now, now + 10);
            now += 50;
            state.OnWrite(now);
            if (state.Check(now, Limits, stalls).Action == HeartbeatAction.Dead) break;
        }

        // At most 200 units of silence without a pause, plus one step.
        Assert.InRange(now, 200, 300);
    }

    [Fact]
    public void Unread_input_restarts_the_timeout()
    {
        var state = Accepted();
        state.OnWrite(100);
        Assert.Equal(HeartbeatAction.Dead, state.Check(100, Limits, new ProcessPauses()).Action);
        state.OnUnreadInput(100);
        state.OnWrite(199);
        Assert.NotEqual(HeartbeatAction.Dead, state.Check(199, Limits, new ProcessPauses()).Action);
        Assert.Equal(HeartbeatAction.Dead, state.Check(200, Limits, new ProcessPauses()).Action);
    }

    private static HeartbeatState Accepted()
    {
        var state = new HeartbeatState(0);
        state.OnAccepted(0);
        return state;
    }
}
