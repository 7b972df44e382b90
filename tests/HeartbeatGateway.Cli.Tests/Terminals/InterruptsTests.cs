using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Tests.Terminals;

public sealed class InterruptsTests
{
    [Fact]
    public void Handles_the_first_signal_and_its_repetition_within_one_second_but_not_a_later_signal()
    {
        var time = new TestClock();
        using var interrupts = new Interrupts(time);
        Assert.False(interrupts.Requested.IsCancellationRequested);

        Assert.True(interrupts.Take());
        Assert.True(interrupts.Requested.IsCancellationRequested);
        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.True(interrupts.Take());
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(interrupts.Take());
    }
}
