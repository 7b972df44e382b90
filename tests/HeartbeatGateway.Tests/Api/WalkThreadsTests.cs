using HeartbeatGateway.Api.Clients;

namespace HeartbeatGateway.Tests.Api;

/// <summary>The threads for walks over all connections.</summary>
public sealed class WalkThreadsTests
{
    [Fact]
    public async Task At_most_two_walks_run_at_a_time_and_none_on_the_thread_pool()
    {
        using var threads = new WalkThreads();
        var (running, most, onPool) = (0, 0, 0);
        using var both = new Barrier(WalkThreads.Count);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => threads.RunAsync(
            () =>
            {
                var now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                if (Thread.CurrentThread.IsThreadPoolThread) Interlocked.Increment(ref onPool);
                // Two walks are needed for one of them to end.
                both.SignalAndWait(TestContext.Current.CancellationToken);
                Interlocked.Decrement(ref running);
                return 0;
            },
            TestContext.Current.CancellationToken)));
        Assert.Equal(WalkThreads.Count, most);
        Assert.Equal(0, onPool);
    }

    [Fact]
    public async Task An_exception_reaches_its_caller_and_ends_no_thread()
    {
        using var threads = new WalkThreads();
        for (var i = 0; i < 2 * WalkThreads.Count; i++)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => threads.RunAsync<int>(() => throw new InvalidOperationException("of a walk"), TestContext.Current.CancellationToken));
        }

        Assert.Equal(7, await threads.RunAsync(() => 7, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_caller_that_leaves_while_it_waits_starts_no_walk()
    {
        using var threads = new WalkThreads();
        using var release = new ManualResetEventSlim();
        var running = Enumerable.Range(0, WalkThreads.Count).Select(_ => threads.RunAsync(() => release.Wait(TimeSpan.FromSeconds(30)), TestContext.Current.CancellationToken)).ToList();
        using var leaving = new CancellationTokenSource();
        var hasStarted = false;
        var waiting = threads.RunAsync(() => hasStarted = true, leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        release.Set();
        Assert.All(await Task.WhenAll(running), Assert.True);
        Assert.False(hasStarted);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var known = Volatile.Read(ref most); value > known; known = Volatile.Read(ref most)) Interlocked.CompareExchange(ref most, value, known);
    }
}
