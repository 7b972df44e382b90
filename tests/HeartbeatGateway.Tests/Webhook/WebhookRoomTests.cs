using HeartbeatGateway.Webhook;

namespace HeartbeatGateway.Tests.Webhook;

/// <summary>The bound of messages and bytes.</summary>
public sealed class WebhookRoomTests
{
    [Fact]
    public async Task Senders_enter_in_the_order_in_which_they_came_and_none_overtakes()
    {
        var room = new WebhookRoom(() => (1, 1000));
        Assert.True(room.TryEnter(10));
        var waiting = Enumerable.Range(0, 5).Select(_ => room.EnterAsync(10, CancellationToken.None)).ToList();
        for (var i = 0; i < 5; i++)
        {
            Assert.False(room.TryEnter(1));
            Assert.All(waiting.Skip(i), w => Assert.False(w.IsCompleted));
            room.Leave(10);
            await waiting[i];
        }

        Assert.Equal((1, 10, 0), room.Read());
    }

    [Fact]
    public async Task Bytes_are_bounded_and_a_message_above_the_bound_enters_alone()
    {
        var room = new WebhookRoom(() => (100, 100));
        Assert.True(room.TryEnter(500));
        var small = room.EnterAsync(60, CancellationToken.None);
        var other = room.EnterAsync(60, CancellationToken.None);
        room.Leave(500);
        await small;
        Assert.False(other.IsCompleted);
        room.Leave(60);
        await other;
    }

    [Fact]
    public async Task A_sender_that_gives_up_lets_those_behind_it_in()
    {
        var room = new WebhookRoom(() => (100, 100));
        Assert.True(room.TryEnter(50));
        using var cancel = new CancellationTokenSource();
        var large = room.EnterAsync(90, cancel.Token);
        var small = room.EnterAsync(10, CancellationToken.None);
        Assert.False(small.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await small;
        Assert.Equal((2, 60, 0), room.Read());
    }
}
