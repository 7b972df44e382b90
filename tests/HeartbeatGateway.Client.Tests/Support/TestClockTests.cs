namespace HeartbeatGateway.Client.Tests.Support;

public sealed class TestClockTests
{
    [Fact]
    public async Task An_advance_awaits_the_callbacks_that_another_thread_runs()
    {
        var clock = new TestClock();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var leave = new SemaphoreSlim(0);
        var hasRun = false;
        await using var due = clock.CreateTimer(_ => Volatile.Write(ref hasRun, true), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        // This thread runs the callbacks that are due while its own has not returned.
        var other = Task.Run(async () => await clock.CreateTimer(_ => Hold(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan).DisposeAsync());
        await entered.Task.WaitAsync(Wait.Limit);

        var advance = Task.Run(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return Volatile.Read(ref hasRun);
        });
        // In real time: an advance that does not wait has returned by then.
        await Task.WhenAny(advance, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System));
        leave.Release();
        Assert.True(await advance);
        await other;

        void Hold()
        {
            entered.SetResult();
            Assert.True(leave.Wait(Wait.Limit));
        }
    }

    [Fact]
    public async Task Reading_the_date_runs_no_callbacks()
    {
        var clock = new TestClock();
        var thread = 0;
        await using var due = clock.CreateTimer(_ => thread = Environment.CurrentManagedThreadId, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        using var stop = new CancellationTokenSource();
        var reader = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested) clock.GetUtcNow();
        });
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
        await stop.CancelAsync();
        await reader;
    }
}
