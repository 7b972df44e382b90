using HeartbeatGateway.Client.Queues;

namespace HeartbeatGateway.Client.Tests.Queues;

public sealed class AsyncSignalTests
{
    [Fact]
    public async Task Merges_signals_that_are_set_before_the_wait()
    {
        var signal = new AsyncSignal();
        signal.Set();
        signal.Set();
        await signal.WaitAsync();
        var second = signal.WaitAsync().AsTask();
        Assert.False(second.IsCompleted);
        signal.Set();
        await second.WaitAsync(Support.Wait.Limit);
    }

    [Fact]
    public async Task Loses_no_signal_between_threads()
    {
        var signal = new AsyncSignal();
        var (produced, consumed) = (0, 0);
        var consumer = Task.Run(async () =>
        {
            while (consumed < 100_000)
            {
                await signal.WaitAsync();
                consumed = Volatile.Read(ref produced);
            }
        });
        for (var i = 0; i < 100_000; i++)
        {
            Interlocked.Increment(ref produced);
            signal.Set();
        }

        await consumer.WaitAsync(Support.Wait.Limit);
    }
}
