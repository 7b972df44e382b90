using HeartbeatGateway.Client.Queues;

namespace HeartbeatGateway.Client.Tests.Queues;

public sealed class MessageInboxTests
{
    private int _dropped;

    [Fact]
    public async Task Drops_the_oldest_messages_above_the_message_limit()
    {
        var inbox = new MessageInbox(3, 1000, ReceiveQueueFull.DropOldest, _ => _dropped++);
        for (var i = 1; i <= 5; i++) inbox.Add(Message(i, 1));
        inbox.Complete(null);
        Assert.Equal(["3", "4", "5"], await ReadAsync(inbox));
        Assert.Equal(2, _dropped);
    }

    [Fact]
    public async Task Drops_the_oldest_messages_above_the_byte_limit()
    {
        var inbox = new MessageInbox(100, 1000, ReceiveQueueFull.DropOldest, _ => _dropped++);
        inbox.Add(Message(1, 600));
        inbox.Add(Message(2, 400));
        Assert.Equal(0, _dropped);
        inbox.Add(Message(3, 401));
        Assert.Equal(1, _dropped);
        inbox.Add(Message(4, 1000));
        inbox.Complete(null);
        Assert.Equal(["4"], await ReadAsync(inbox));
        Assert.Equal(3, _dropped);
    }

    [Fact]
    public async Task Reading_frees_room_for_more_messages()
    {
        var inbox = new MessageInbox(100, 1000, ReceiveQueueFull.DropOldest, _ => _dropped++);
        var count = 0;
        inbox.Add(Message(0, 900));
        await foreach (var _ in inbox.ReadAllAsync(default))
        {
            if (++count == 20) inbox.Complete(null);
            else inbox.Add(Message(count, 900));
        }

        Assert.Equal((20, 0), (count, _dropped));
    }

    [Fact]
    public async Task Ends_after_the_last_message_with_the_given_exception()
    {
        var inbox = new MessageInbox(3, 1000, ReceiveQueueFull.DropOldest, _ => _dropped++);
        inbox.Add(Message(1, 1));
        inbox.Complete(() => new TimeoutException());
        inbox.Add(Message(2, 1));
        var read = new List<string>();
        await Assert.ThrowsAsync<TimeoutException>(async () =>
        {
            await foreach (var message in inbox.ReadAllAsync(default)) read.Add(message.Type);
        });
        Assert.Equal(["1"], read);
        Assert.Equal(1, _dropped);
    }

    [Fact]
    public async Task Cancelling_a_reader_loses_no_message()
    {
        var inbox = new MessageInbox(3, 1000, ReceiveQueueFull.DropOldest, _ => _dropped++);
        inbox.Add(Message(1, 1));
        inbox.Add(Message(2, 1));
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in inbox.ReadAllAsync(cancel.Token)) await cancel.CancelAsync();
        });
        inbox.Complete(null);
        Assert.Equal(["2"], await ReadAsync(inbox));
    }

    private static GatewayClientMessage Message(int number, int bytes) =>
        new(number.ToString(System.Globalization.CultureInfo.InvariantCulture), new byte[bytes], default);

    private static async Task<List<string>> ReadAsync(MessageInbox inbox)
    {
        var read = new List<string>();
        await foreach (var message in inbox.ReadAllAsync(default)) read.Add(message.Type);
        return read;
    }
}
