using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests;

/// <summary>A client that is disposed in any state stops within its time limit and releases its resources.</summary>
public sealed class GatewayClientDisposeTests
{
    [Fact]
    public async Task Dispose_before_start_stops_the_client()
    {
        await using var harness = new ClientHarness();
        var waiting = harness.Client.Completion;
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
        await waiting;
        Assert.Throws<ObjectDisposedException>(harness.Client.Start);
        Assert.Throws<ObjectDisposedException>(() => { _ = harness.Client.ConnectAsync(); });
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await harness.Client.SendAsync("message", default));
        Assert.False(harness.Client.TrySend("message", default));
        Assert.Equal(DisconnectKind.Disposed, harness.Client.State.LastDisconnect!.Kind);
        await foreach (var _ in harness.Client.ReadMessagesAsync()) Assert.Fail("No message was expected.");
        var states = new List<GatewayClientStatus>();
        await foreach (var state in harness.Client.WatchStateAsync()) states.Add(state.Status);
        Assert.Equal([GatewayClientStatus.Stopped], states);
    }

    [Fact]
    public async Task Dispose_before_the_first_attempt_stops_the_client()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { InitialJitter = TimeSpan.FromHours(1) });
        var connecting = harness.Client.ConnectAsync();
        await harness.States.UntilAsync(GatewayClientStatus.Waiting);
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
        var closed = await Assert.ThrowsAsync<GatewayClosedException>(() => connecting);
        Assert.Equal(DisconnectKind.Disposed, closed.End.Kind);
        Assert.Empty(harness.Network.Tried);
    }

    [Fact]
    public async Task Dispose_during_name_resolution_stops_the_client()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { Endpoints = [new System.Net.DnsEndPoint("hangs", 1)] });
        var asked = new TaskCompletionSource();
        harness.Network.Resolving = async (_, cancellationToken) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return [];
        };
        harness.Client.Start();
        await asked.Task.WaitAsync(Wait.Limit);
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
    }

    [Fact]
    public async Task Dispose_during_a_connect_stops_the_client()
    {
        await using var harness = new ClientHarness();
        var asked = new TaskCompletionSource();
        harness.Network.Connecting = async (_, cancellationToken) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        };
        harness.Client.Start();
        await asked.Task.WaitAsync(Wait.Limit);
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
        Assert.Single(harness.Network.Tried);
    }

    [Fact]
    public async Task Dispose_before_the_first_answer_closes_the_connection()
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.ReadAsync("hello");
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
        Assert.Equal(["ping"], (await server.ReadToEndAsync()).Select(f => f.Type));
    }

    [Fact]
    public async Task Dispose_sends_the_queued_frames_and_waits_for_the_end_of_stream_of_the_gateway()
    {
        await using var harness = new ClientHarness();
        harness.Network.WriteWindow = 1000;
        var server = await harness.ConnectAsync();
        for (var i = 0; i < 100; i++) await harness.Client.SendAsync("message", BitConverter.GetBytes(i));
        var disposing = harness.Client.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await harness.Client.SendAsync("message", default));
        var frames = await server.ReadToEndAsync();
        Assert.Equal(Enumerable.Range(0, 100), frames.Select(f => BitConverter.ToInt32(f.Content)));
        Assert.False(disposing.IsCompleted);
        // The last message of the gateway is still received.
        await server.SendAsync("message", "last message");
        server.End();
        await disposing.WaitAsync(Wait.Limit);
        await foreach (var message in harness.Client.ReadMessagesAsync()) Assert.Equal("last message"u8.ToArray(), message.Content.ToArray());
        await harness.Client.Completion.WaitAsync(Wait.Limit);
    }

    [Fact]
    public async Task Dispose_waits_for_a_gateway_that_does_not_read_until_the_close_timeout()
    {
        await using var harness = new ClientHarness();
        harness.Network.WriteWindow = 500;
        var server = await harness.ConnectAsync();
        for (var i = 0; i < 100; i++) await harness.Client.SendAsync("message", BitConverter.GetBytes(i));
        var disposing = harness.Client.DisposeAsync().AsTask();
        await Wait.UntilAsync(() => !harness.Client.TrySend("message", default), "the send queue was closed");
        await Wait.SettleAsync();
        harness.Pass(1.999);
        Assert.False(server.Client.Pipe.IsAborted);
        harness.Pass(0.001);
        await disposing.WaitAsync(Wait.Limit);
        Assert.Contains("did not end its stream within 2.000 s", harness.Client.State.LastDisconnect!.Message, StringComparison.Ordinal);
        Assert.True(harness.Meters["messages.dropped|queue=send"] > 0);
    }

    [Fact]
    public async Task Dispose_closes_immediately_without_a_close_timeout()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { CloseTimeout = TimeSpan.Zero });
        await harness.ConnectAsync();
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
    }

    [Fact]
    public async Task Dispose_fails_senders_that_wait_for_room()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { SendQueueCapacity = 1 });
        await harness.Client.SendAsync("message", default);
        var waiting = Enumerable.Range(0, 10).Select(_ => harness.Client.SendAsync("message", default).AsTask()).ToList();
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
        foreach (var sending in waiting) Assert.Equal(DisconnectKind.Disposed, (await Assert.ThrowsAsync<GatewayClosedException>(() => sending)).End.Kind);
        Assert.Equal(1, harness.Meters["messages.dropped|queue=send"]);
    }

    [Fact]
    public async Task Dispose_can_be_awaited_in_an_event_handler_of_the_client()
    {
        await using var harness = new ClientHarness();
        var disposed = new TaskCompletionSource();
        harness.Client.StateChanged += (_, state) =>
        {
            if (state.Status != GatewayClientStatus.Connected) return;
            harness.Client.DisposeAsync().AsTask().Wait(Wait.Limit);
            disposed.SetResult();
        };
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.WelcomeAsync();
        await server.ReadToEndAsync();
        server.End();
        await disposed.Task.WaitAsync(Wait.Limit);
        await harness.Client.Completion.WaitAsync(Wait.Limit);
    }

    [Fact]
    public async Task Dispose_can_be_called_in_the_message_loop_and_by_many_threads_at_once()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await server.SendAsync("message", "stop");
        await foreach (var _ in harness.Client.ReadMessagesAsync())
        {
            var all = Enumerable.Range(0, 20).Select(_ => Task.Run(() => harness.Client.DisposeAsync().AsTask())).ToList();
            await server.ReadToEndAsync();
            Assert.All(all, d => Assert.False(d.IsCompleted));
            server.End();
            await Task.WhenAll(all).WaitAsync(Wait.Limit);
        }
    }

    [Fact]
    public async Task Dispose_after_a_close_without_retry_keeps_the_reason_of_the_gateway()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await server.SendCloseAsync(Protocol.CloseReason.Banned, retry: false);
        await harness.States.UntilAsync(GatewayClientStatus.Stopped);
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
        Assert.Equal(Protocol.CloseReason.Banned, harness.Client.State.LastDisconnect!.Reason);
        await Assert.ThrowsAsync<GatewayClosedException>(() => harness.Client.Completion);
    }

    /// <summary>Disposes at random moments of connecting, connected and disconnected. The harness checks that no resource is left.</summary>
    [Fact]
    public async Task Dispose_at_any_moment_leaves_no_connection()
    {
        var random = new Random(5);
        for (var i = 0; i < 200; i++)
        {
            await using var harness = new ClientHarness();
            var serving = ServeAsync(harness);
            harness.Client.Start();
            for (var spins = random.Next(200); spins > 0; spins--) await Task.Yield();
            var disposing = harness.Client.DisposeAsync().AsTask();
            while (!disposing.IsCompleted)
            {
                harness.Time.Advance(TimeSpan.FromMilliseconds(500));
                await Task.WhenAny(disposing, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System));
            }

            var tried = harness.Network.Tried.Count;
            harness.Pass(120);
            Assert.Equal(tried, harness.Network.Tried.Count);
            Assert.Equal(GatewayClientStatus.Stopped, harness.Client.State.Status);
            await serving;
        }

        static async Task ServeAsync(ClientHarness harness)
        {
            while (harness.Client.State.Status != GatewayClientStatus.Stopped)
            {
                if (!harness.Network.TryAccept(out var server))
                {
                    await Task.Yield();
                    continue;
                }

                if (await server.TryReadAsync() is null) continue;
                await server.SendWelcomeAsync();
                await server.SendCloseAsync(Protocol.CloseReason.Draining, after: TimeSpan.Zero);
            }
        }
    }
}
