using HeartbeatGateway.Client.Queues;

namespace HeartbeatGateway.Client.Tests.Queues;

public sealed class SendQueueTests
{
    private int _dropped;

    [Fact]
    public async Task Senders_wait_for_room_in_fifo_order()
    {
        var queue = Queue(2, SendQueueFull.Wait);
        await queue.EnqueueAsync(Frame(1), default);
        await queue.EnqueueAsync(Frame(2), default);
        var third = queue.EnqueueAsync(Frame(3), default).AsTask();
        var fourth = queue.EnqueueAsync(Frame(4), default).AsTask();
        Assert.False(queue.TryEnqueue(Frame(9)));
        Assert.False(third.IsCompleted);
        Assert.Equal(1, Take(queue));
        await third.WaitAsync(Support.Wait.Limit);
        Assert.False(fourth.IsCompleted);
        Assert.Equal([2, 3, 4], TakeAll(queue));
        await fourth.WaitAsync(Support.Wait.Limit);
        Assert.Equal(0, _dropped);
    }

    [Fact]
    public async Task Bounds_the_bytes_and_a_small_frame_does_not_overtake_a_large_one()
    {
        var queue = new SendQueue(100, 1000, SendQueueFull.Wait, (_, n) => _dropped += n);
        await queue.EnqueueAsync(Frame(1, 700), default);
        var large = queue.EnqueueAsync(Frame(2, 800), default).AsTask();
        var small = queue.EnqueueAsync(Frame(3, 1), default).AsTask();
        Assert.False(queue.TryEnqueue(Frame(4, 0)));
        Assert.Equal([1, 2, 3], TakeAll(queue));
        await Task.WhenAll(large, small).WaitAsync(Support.Wait.Limit);
    }

    [Fact]
    public async Task Cancelling_a_waiting_sender_queues_no_frame_and_admits_the_next_senders()
    {
        var queue = new SendQueue(100, 1000, SendQueueFull.Wait, (_, n) => _dropped += n);
        await queue.EnqueueAsync(Frame(1, 300), default);
        using var cancel = new CancellationTokenSource();
        var large = queue.EnqueueAsync(Frame(2, 800), cancel.Token).AsTask();
        var small = queue.EnqueueAsync(Frame(3, 100), default).AsTask();
        Assert.False(small.IsCompleted);
        var filled = 0;
        queue.Filled = () => filled++;
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => large);
        await small.WaitAsync(Support.Wait.Limit);
        Assert.Equal(1, filled);
        Assert.Equal([1, 3], TakeAll(queue));
    }

    [Fact]
    public async Task Cancellation_after_the_frame_was_queued_has_no_effect()
    {
        var queue = Queue(1, SendQueueFull.Wait);
        await queue.EnqueueAsync(Frame(1), default);
        using var late = new CancellationTokenSource();
        var second = queue.EnqueueAsync(Frame(2), late.Token).AsTask();
        Assert.Equal(1, Take(queue));
        await late.CancelAsync();
        await second.WaitAsync(Support.Wait.Limit);
        Assert.Equal([2], TakeAll(queue));
        Assert.True(queue.EnqueueAsync(Frame(3), new CancellationToken(true)).AsTask().IsCanceled);
        Assert.Empty(TakeAll(queue));
    }

    [Fact]
    public async Task DropOldest_drops_the_oldest_frames_to_make_room()
    {
        var queue = Queue(3, SendQueueFull.DropOldest);
        for (var i = 1; i <= 5; i++) await queue.EnqueueAsync(Frame(i), default);
        Assert.True(queue.TryEnqueue(Frame(6)));
        Assert.Equal(3, _dropped);
        Assert.Equal([4, 5, 6], TakeAll(queue));
    }

    [Fact]
    public async Task Reject_fails_the_new_frame()
    {
        var queue = Queue(1, SendQueueFull.Reject);
        await queue.EnqueueAsync(Frame(1), default);
        var exception = await Assert.ThrowsAsync<SendQueueFullException>(async () => await queue.EnqueueAsync(Frame(2), default));
        Assert.Equal((1, 158L), (exception.Frames, exception.Bytes));
        Assert.False(queue.TryEnqueue(Frame(3)));
        Assert.Equal([1], TakeAll(queue));
    }

    [Fact]
    public async Task Close_fails_waiting_senders_and_keeps_the_queued_frames()
    {
        var queue = Queue(1, SendQueueFull.Wait);
        await queue.EnqueueAsync(Frame(1), default);
        var waiting = queue.EnqueueAsync(Frame(2), default).AsTask();
        queue.Close(() => new ObjectDisposedException("queue"), () => new TimeoutException());
        queue.Close(() => new InvalidOperationException(), () => new InvalidOperationException());
        await Assert.ThrowsAsync<TimeoutException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await queue.EnqueueAsync(Frame(3), default));
        Assert.Equal(1, queue.Count);
        queue.DropAll();
        Assert.Equal((0, 1), (queue.Count, _dropped));
    }

    /// <summary>Many concurrent senders, some of which cancel: each queued frame is removed once, in the order of its sender.</summary>
    [Fact]
    public async Task No_frame_is_lost_duplicated_or_reordered_with_many_senders()
    {
        const int Senders = 8;
        const int Each = 2_000;
        var queue = Queue(16, SendQueueFull.Wait);
        var sent = new List<int>[Senders];
        var done = 0;
        var senders = Enumerable.Range(0, Senders).Select(sender => Task.Run(async () =>
        {
            sent[sender] = [];
            for (var i = 0; i < Each; i++)
            {
                using var cancel = new CancellationTokenSource();
                var sending = queue.EnqueueAsync(Frame((sender * Each) + i), cancel.Token).AsTask();
                if (i % 3 == 0) await cancel.CancelAsync();
                try
                {
                    await sending;
                    sent[sender].Add(i);
                }
                catch (OperationCanceledException)
                {
                    // The frame was not queued, so it must not be sent.
                }
            }

            Interlocked.Increment(ref done);
        })).ToArray();
        var received = Enumerable.Range(0, Senders).Select(_ => new List<int>()).ToArray();
        while (Volatile.Read(ref done) < Senders || queue.Count > 0)
        {
            if (queue.TryTake(out var frame)) received[BitConverter.ToInt32(frame.Type.Span) / Each].Add(BitConverter.ToInt32(frame.Type.Span) % Each);
            else await Task.Yield();
        }

        await Task.WhenAll(senders);
        for (var i = 0; i < Senders; i++) Assert.Equal(sent[i], received[i]);
    }

    private static OutgoingFrame Frame(int number, int contentBytes = 0) => new(BitConverter.GetBytes(number), new byte[contentBytes]);

    private static int Take(SendQueue queue)
    {
        Assert.True(queue.TryTake(out var frame));
        return BitConverter.ToInt32(frame.Type.Span);
    }

    private static List<int> TakeAll(SendQueue queue)
    {
        var all = new List<int>();
        while (queue.TryTake(out var frame)) all.Add(BitConverter.ToInt32(frame.Type.Span));
        return all;
    }

    private SendQueue Queue(int capacity, SendQueueFull mode) => new(capacity, int.MaxValue, mode, (_, n) => _dropped += n);
}
