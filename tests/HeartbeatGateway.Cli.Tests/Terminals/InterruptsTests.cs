using HeartbeatGateway.Cli.Terminals;
using Microsoft.Extensions.Time.Testing;

namespace HeartbeatGateway.Cli.Tests.Terminals;

public sealed class InterruptsTests
{
    [Fact]
    public void The_first_request_is_taken_an_echo_of_it_too_and_a_later_one_ends_the_process()
    {
        var time = new FakeTimeProvider();
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
