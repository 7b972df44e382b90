using HeartbeatGateway.Client.Connection;

namespace HeartbeatGateway.Client.Tests.Connection;

public sealed class RttTrackerTests
{
    [Fact]
    public void Pairs_answers_with_pings_in_order()
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
    public void An_answer_to_a_ping_that_is_no_longer_kept_has_no_time_and_later_answers_have_theirs()
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
