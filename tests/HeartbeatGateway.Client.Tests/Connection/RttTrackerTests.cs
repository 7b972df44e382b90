using HeartbeatGateway.Client.Connection;

namespace HeartbeatGateway.Client.Tests.Connection;

public sealed class RttTrackerTests
{
    [Fact]
    public void Answers_belong_to_pings_in_order()
    {
        var log = new RttTracker();
        Assert.False(log.TryAnswer(out _));
        log.Sent(10);
        log.Sent(20);
        Assert.Equal(2, log.Unanswered);
        Assert.True(log.TryAnswer(out var first));
        Assert.True(log.TryAnswer(out var second));
        Assert.Equal((10, 20), (first, second));
        Assert.False(log.TryAnswer(out _));
        log.Sent(30);
        Assert.True(log.TryAnswer(out var third));
        Assert.Equal(30, third);
    }

    [Fact]
    public void An_answer_whose_ping_is_forgotten_has_no_time_and_later_ones_have_their_own()
    {
        var log = new RttTracker();
        for (var i = 1; i <= 9; i++) log.Sent(i);
        Assert.False(log.TryAnswer(out _));
        for (var i = 2; i <= 9; i++)
        {
            Assert.True(log.TryAnswer(out var sentAt));
            Assert.Equal(i, sentAt);
        }

        Assert.Equal(0, log.Unanswered);
    }
}
