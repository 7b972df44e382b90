using System.Collections.Concurrent;
using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests;

public sealed class GatewayClientEventTests
{
    [Fact]
    public async Task Handlers_and_watchers_get_every_change_in_the_same_order_and_stopped_last()
    {
        await using var harness = new ClientHarness();
        var raised = new ConcurrentQueue<GatewayClientState>();
        harness.Client.StateChanged += (sender, state) =>
        {
            Assert.Same(harness.Client, sender);
            raised.Enqueue(state);
        };
        for (var i = 0; i < 5; i++)
        {
            harness.Client.Start();
            var server = await harness.Network.AcceptAsync();
            await server.WelcomeAsync();
            await harness.States.UntilAsync(GatewayClientStatus.Connected);
            server.End();
            harness.Pass((await harness.States.UntilAsync(GatewayClientStatus.Waiting)).RetryAfter!.Value);
        }

        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
        await harness.States.UntilAsync(GatewayClientStatus.Stopped);
        await Wait.UntilAsync(() => raised.LastOrDefault()?.Status == GatewayClientStatus.Stopped, "the last event");
        // A watcher also gets the state at the start of the watch.
        Assert.Equal(harness.States.Seen.Skip(1), raised);
        Assert.Equal(GatewayClientStatus.Idle, harness.States.Seen[0].Status);
    }

    [Fact]
    public async Task An_exception_in_a_handler_is_logged_and_does_not_stop_the_client()
    {
        await using var harness = new ClientHarness();
        var called = 0;
        harness.Client.StateChanged += (_, _) => throw new InvalidOperationException("test exception");
        harness.Client.StateChanged += (_, _) => Interlocked.Increment(ref called);
        harness.Client.HeartbeatAnswered += (_, _) => throw new InvalidOperationException("test exception");
        var server = await harness.ConnectAsync();
        await harness.RoundTripsAsync(1);
        harness.Pass(5);
        await server.ReadAsync("ping");
        Assert.True(Volatile.Read(ref called) >= 2);
        Assert.Contains(harness.Logs.GetSnapshot(), l => l.Id.Name == "EventHandlerFailed" && l.Exception!.Message == "test exception");
    }

    [Fact]
    public async Task A_blocked_handler_stops_neither_reading_nor_heartbeats()
    {
        await using var harness = new ClientHarness();
        using var release = new ManualResetEventSlim();
        harness.Client.StateChanged += (_, _) => release.Wait(Wait.Limit);
        var server = await harness.ConnectAsync();
        await server.SendAsync("message", "still read");
        await foreach (var _ in harness.Client.ReadMessagesAsync()) break;
        harness.Pass(5);
        await server.ReadAsync("ping");
        release.Set();
    }

    [Fact]
    public async Task A_watcher_that_does_not_read_loses_the_oldest_changes()
    {
        await using var harness = new ClientHarness();
        await using var slow = harness.Client.WatchStateAsync().GetAsyncEnumerator();
        Assert.True(await slow.MoveNextAsync());
        for (var i = 0; i < 30; i++)
        {
            harness.Client.Start();
            (await harness.Network.AcceptAsync()).End();
            harness.Pass((await harness.States.UntilAsync(GatewayClientStatus.Waiting)).RetryAfter!.Value);
        }

        var last = harness.States.Seen[^1];
        var seen = 0;
        do
        {
            Assert.True(await slow.MoveNextAsync());
            seen++;
        }
        while (slow.Current != last);
        Assert.InRange(seen, 1, StateFeed.WatcherCapacity);
    }

    [Fact]
    public async Task Watching_the_state_can_be_cancelled()
    {
        await using var harness = new ClientHarness();
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in harness.Client.WatchStateAsync(cancel.Token)) await cancel.CancelAsync();
        });
    }

    [Fact]
    public async Task Waiting_for_the_connection_can_be_cancelled_and_the_client_still_connects()
    {
        await using var harness = new ClientHarness();
        using var cancel = new CancellationTokenSource();
        var connecting = harness.Client.ConnectAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        await harness.ConnectAsync();
        await harness.Client.ConnectAsync().WaitAsync(Wait.Limit);
    }
}
