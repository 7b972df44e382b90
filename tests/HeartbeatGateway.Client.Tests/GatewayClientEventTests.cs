using System.Collections.Concurrent;
using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests;

public sealed class GatewayClientEventTests
{
    [Fact]
    public async Task Handlers_and_watchers_see_every_change_in_the_same_order_and_stopped_is_the_last()
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
        // A watcher sees the state that it begins with as well.
        Assert.Equal(harness.States.Seen.Skip(1), raised);
        Assert.Equal(GatewayClientStatus.Idle, harness.States.Seen[0].Status);
    }

    [Fact]
    public async Task A_handler_that_throws_harms_nobody()
    {
        await using var harness = new ClientHarness();
        var heard = 0;
        harness.Client.StateChanged += (_, _) => throw new InvalidOperationException("mine");
        harness.Client.StateChanged += (_, _) => Interlocked.Increment(ref heard);
        harness.Client.HeartbeatAnswered += (_, _) => throw new InvalidOperationException("mine");
        var server = await harness.ConnectAsync();
        await harness.RoundTripsAsync(1);
        harness.Pass(5);
        await server.ReadAsync("ping");
        Assert.True(Volatile.Read(ref heard) >= 2);
        Assert.Contains(harness.Logs.GetSnapshot(), l => l.Id.Name == "EventHandlerFailed" && l.Exception!.Message == "mine");
    }

    [Fact]
    public async Task A_handler_that_blocks_stops_neither_reading_nor_heartbeats()
    {
        await using var harness = new ClientHarness();
        using var release = new ManualResetEventSlim();
        harness.Client.StateChanged += (_, _) => release.Wait(Wait.Limit);
        var server = await harness.ConnectAsync();
        await server.SendAsync("message", "read all the same");
        await foreach (var _ in harness.Client.ReadMessagesAsync()) break;
        harness.Pass(5);
        await server.ReadAsync("ping");
        release.Set();
    }

    [Fact]
    public async Task A_watcher_that_never_looks_loses_the_oldest_changes_and_costs_nothing_more()
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
    public async Task Watching_can_be_left()
    {
        await using var harness = new ClientHarness();
        using var leaving = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in harness.Client.WatchStateAsync(leaving.Token)) await leaving.CancelAsync();
        });
    }

    [Fact]
    public async Task Waiting_for_the_connection_can_be_left_and_the_client_goes_on()
    {
        await using var harness = new ClientHarness();
        using var leaving = new CancellationTokenSource();
        var connecting = harness.Client.ConnectAsync(leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        await harness.ConnectAsync();
        await harness.Client.ConnectAsync().WaitAsync(Wait.Limit);
    }
}
