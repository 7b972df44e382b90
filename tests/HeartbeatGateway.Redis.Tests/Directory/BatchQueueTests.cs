using HeartbeatGateway.Redis.Directory;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Redis.Tests.Directory;

public sealed class BatchQueueTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly SemaphoreSlim _sent = new(0);
    private readonly List<(IReadOnlyList<int> Items, TaskCompletionSource Done)> _batches = [];
    private readonly BatchQueue<int, int> _queue;

    public BatchQueueTests() => _queue = new BatchQueue<int, int>(RunAsync, _clock);

    [Fact]
    public async Task Sends_a_lone_operation_at_once()
    {
        var item = _queue.Add(7)!;
        await _sent.WaitAsync();
        _batches[0].Done.SetResult();
        Assert.Equal(7, await item.Answer);
    }

    [Fact]
    public async Task Collects_while_a_batch_is_in_flight_for_two_milliseconds()
    {
        _queue.Add(0);
        await _sent.WaitAsync();
        for (var i = 1; i <= 10; i++) _queue.Add(i);
        _clock.Advance(TimeSpan.FromMilliseconds(1.9));
        Assert.Equal(10, _queue.Waiting);
        _clock.Advance(TimeSpan.FromMilliseconds(0.1));
        await _sent.WaitAsync();
        Assert.Equal(Enumerable.Range(1, 10), _batches[1].Items);
    }

    [Fact]
    public async Task Sends_a_full_batch_at_once_and_the_rest_when_a_batch_ends()
    {
        _queue.Add(0);
        await _sent.WaitAsync();
        for (var i = 0; i < 130; i++) _queue.Add(i);
        await _sent.WaitAsync();
        Assert.Equal(128, _batches[1].Items.Count);
        _batches[0].Done.SetResult();
        await _sent.WaitAsync();
        Assert.Equal([128, 129], _batches[2].Items);
    }

    [Fact]
    public async Task Sends_nothing_that_was_given_up_and_refuses_what_is_too_much()
    {
        for (var i = 0; i < BatchQueue<int, int>.MaxInFlight; i++)
        {
            _queue.Add(0);
            _clock.Advance(TimeSpan.FromMilliseconds(2));
            await _sent.WaitAsync();
        }

        var given = _queue.Add(1)!;
        for (var i = 1; i < BatchQueue<int, int>.MaxWaiting; i++) Assert.NotNull(_queue.Add(2));
        Assert.Null(_queue.Add(3));
        Assert.True(given.GiveUp());
        _batches[0].Done.SetResult();
        await _sent.WaitAsync();
        Assert.DoesNotContain(1, _batches[^1].Items);
    }

    [Fact]
    public async Task A_failure_is_that_of_each_operation_and_of_no_later_one()
    {
        var item = _queue.Add(0)!;
        await _sent.WaitAsync();
        _batches[0].Done.SetException(new TimeoutException("late"));
        await Assert.ThrowsAsync<TimeoutException>(() => item.Answer);
        Assert.False(item.GiveUp());
        var next = _queue.Add(5)!;
        await _sent.WaitAsync();
        _batches[1].Done.SetResult();
        Assert.Equal(5, await next.Answer);
    }

    public void Dispose()
    {
        _queue.Dispose();
        _sent.Dispose();
    }

    private async Task<IReadOnlyList<int>> RunAsync(IReadOnlyList<int> items)
    {
        var done = new TaskCompletionSource();
        lock (_batches) _batches.Add((items, done));
        _sent.Release();
        await done.Task;
        return items;
    }
}
