using HeartbeatGateway.Client.Queues;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Client.Tests.Queues;

public sealed class EventPumpTests
{
    private readonly FakeLogger _logger = new();
    private int _dropped;

    [Fact]
    public async Task Raises_events_in_order_and_one_at_a_time()
    {
        var pump = new EventPump(_logger, "pump-17", n => Interlocked.Add(ref _dropped, n));
        var raised = new List<int>();
        var running = 0;
        for (var i = 0; i < 1000; i++)
        {
            var number = i;
            pump.Post(() =>
            {
                Assert.Equal(1, Interlocked.Increment(ref running));
                lock (raised) raised.Add(number);
                Interlocked.Decrement(ref running);
            });
            if (i % 32 == 0) await Support.Wait.UntilAsync(() => { lock (raised) return raised.Count == number + 1; }, "the events so far were raised");
        }

        await Support.Wait.UntilAsync(() => { lock (raised) return raised.Count == 1000; }, "all events were raised");
        Assert.Equal(Enumerable.Range(0, 1000), raised);
        Assert.Equal(0, _dropped);
    }

    [Fact]
    public async Task Drops_the_oldest_events_while_a_handler_hangs()
    {
        var pump = new EventPump(_logger, "pump-17", n => Interlocked.Add(ref _dropped, n));
        using var release = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        var raised = new List<int>();
        pump.Post(() =>
        {
            entered.Set();
            release.Wait();
        });
        Assert.True(entered.Wait(Support.Wait.Limit));
        for (var i = 0; i < EventPump.Capacity + 10; i++)
        {
            var number = i;
            pump.Post(() => { lock (raised) raised.Add(number); });
        }

        release.Set();
        await Support.Wait.UntilAsync(() => { lock (raised) return raised.Count == EventPump.Capacity; }, "the remaining events were raised");
        Assert.Equal(Enumerable.Range(10, EventPump.Capacity), raised);
        Assert.Equal(10, _dropped);
    }

    [Fact]
    public void Logs_the_exception_of_a_handler_and_calls_the_other_handlers()
    {
        var pump = new EventPump(_logger, "pump-17", _ => { });
        var called = 0;
        EventHandler<int> handlers = (_, _) => throw new InvalidOperationException("test exception");
        handlers += (_, value) => called += value;
        pump.Raise(handlers, this, 7);
        Assert.Equal(7, called);
        Assert.Equal("test exception", _logger.LatestRecord.Exception!.Message);
    }
}
