using HeartbeatGateway.Cli.Connect;

namespace HeartbeatGateway.Cli.Tests.Connect;

public sealed class DeliveryTests
{
    private readonly TestClock _time = new();

    [Fact]
    public void An_answered_ping_confirms_only_what_was_written_before_it()
    {
        var delivery = new Delivery(_time);
        delivery.Written(2);
        _time.Advance(TimeSpan.FromSeconds(1));
        // The ping leaves here; its answer takes 100 ms, and another message is written meanwhile.
        _time.Advance(TimeSpan.FromMilliseconds(50));
        delivery.Written(1);
        _time.Advance(TimeSpan.FromMilliseconds(50));
        delivery.HeartbeatAnswered(TimeSpan.FromMilliseconds(100));
        delivery.ConnectionLost();
        Assert.Equal((3, 1), (delivery.WrittenCount, delivery.MayBeLost));
    }

    [Fact]
    public void A_graceful_end_confirms_everything()
    {
        var delivery = new Delivery(_time);
        delivery.Written(2);
        delivery.End(isGraceful: true);
        Assert.Equal(0, delivery.MayBeLost);
    }

    [Fact]
    public void Another_end_confirms_nothing()
    {
        var delivery = new Delivery(_time);
        delivery.Written(2);
        delivery.End(isGraceful: false);
        Assert.Equal(2, delivery.MayBeLost);
    }

    [Fact]
    public void Many_writes_between_two_pings_are_merged_and_none_is_forgotten()
    {
        var delivery = new Delivery(_time);
        for (var i = 0; i < 10_000; i++) delivery.Written(1);
        delivery.ConnectionLost();
        Assert.Equal((10_000, 10_000), (delivery.WrittenCount, delivery.MayBeLost));
    }

    [Fact]
    public async Task Waiting_ends_with_the_message_with_the_client_or_with_the_patience()
    {
        var delivery = new Delivery(_time);
        var written = delivery.WrittenAsync(1, Timeout.InfiniteTimeSpan, CancellationToken.None);
        var impatient = delivery.WrittenAsync(2, TimeSpan.FromSeconds(5), CancellationToken.None);
        var never = delivery.WrittenAsync(3, Timeout.InfiniteTimeSpan, CancellationToken.None);
        delivery.Written(1);
        Assert.True(await written);
        // Each write starts the patience again.
        await Task.Yield();
        while (!impatient.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await Assert.ThrowsAsync<TimeoutException>(() => impatient);
        delivery.End(isGraceful: true);
        Assert.False(await never);
    }
}
