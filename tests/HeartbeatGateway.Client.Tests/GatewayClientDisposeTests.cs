using HeartbeatGateway.Client.Tests.Support;

namespace HeartbeatGateway.Client.Tests;

/// <summary>However and whenever a client is disposed: it ends, in time, and nothing of it is left.</summary>
public sealed class GatewayClientDisposeTests
{
    [Fact]
    public async Task Before_it_was_started()
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
        await foreach (var _ in harness.Client.ReadMessagesAsync()) Assert.Fail("There is no message.");
        var states = new List<GatewayClientStatus>();
        await foreach (var state in harness.Client.WatchStateAsync()) states.Add(state.Status);
        Assert.Equal([GatewayClientStatus.Stopped], states);
    }

    [Fact]
    public async Task While_it_waits_for_its_first_attempt_and_between_two()
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
    public async Task While_it_resolves()
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
    public async Task While_it_connects()
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
    public async Task Before_the_gateway_has_answered()
    {
        await using var harness = new ClientHarness();
        harness.Client.Start();
        var server = await harness.Network.AcceptAsync();
        await server.ReadAsync("hello");
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
        Assert.Equal(["ping"], (await server.ReadToEndAsync()).Select(f => f.Type));
    }

    [Fact]
    public async Task Connected_it_sends_what_is_queued_says_goodbye_and_waits_for_the_gateways()
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
        // The gateway's last words are still heard.
        await server.SendAsync("message", "bye");
        server.End();
        await disposing.WaitAsync(Wait.Limit);
        await foreach (var message in harness.Client.ReadMessagesAsync()) Assert.Equal("bye"u8.ToArray(), message.Content.ToArray());
        await harness.Client.Completion.WaitAsync(Wait.Limit);
    }

    [Fact]
    public async Task A_gateway_that_takes_nothing_is_waited_for_so_long_and_no_longer()
    {
        await using var harness = new ClientHarness();
        harness.Network.WriteWindow = 500;
        var server = await harness.ConnectAsync();
        for (var i = 0; i < 100; i++) await harness.Client.SendAsync("message", BitConverter.GetBytes(i));
        var disposing = harness.Client.DisposeAsync().AsTask();
        await Wait.UntilAsync(() => !harness.Client.TrySend("message", default), "it was told");
        await Wait.SettleAsync();
        harness.Pass(1.999);
        Assert.False(server.Client.Pipe.IsAborted);
        harness.Pass(0.001);
        await disposing.WaitAsync(Wait.Limit);
        Assert.Contains("did not end its stream within 2.000 s", harness.Client.State.LastDisconnect!.Message, StringComparison.Ordinal);
        Assert.True(harness.Meters["messages.dropped|queue=send"] > 0);
    }

    [Fact]
    public async Task Without_a_goodbye_it_closes_at_once()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { CloseTimeout = TimeSpan.Zero });
        await harness.ConnectAsync();
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
    }

    [Fact]
    public async Task With_senders_waiting_for_room()
    {
        await using var harness = new ClientHarness(ClientHarness.Options with { SendQueueCapacity = 1 });
        await harness.Client.SendAsync("message", default);
        var waiting = Enumerable.Range(0, 10).Select(_ => harness.Client.SendAsync("message", default).AsTask()).ToList();
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
        foreach (var sending in waiting) Assert.Equal(DisconnectKind.Disposed, (await Assert.ThrowsAsync<GatewayClosedException>(() => sending)).End.Kind);
        Assert.Equal(1, harness.Meters["messages.dropped|queue=send"]);
    }

    [Fact]
    public async Task From_its_own_event_handler_waiting_for_itself()
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
    public async Task From_its_own_message_loop_and_by_many_at_once()
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
    public async Task After_the_gateway_ended_it_for_good()
    {
        await using var harness = new ClientHarness();
        var server = await harness.ConnectAsync();
        await server.SendCloseAsync(Protocol.CloseReason.Banned, retry: false);
        await harness.States.UntilAsync(GatewayClientStatus.Stopped);
        await harness.Client.DisposeAsync().AsTask().WaitAsync(Wait.Limit);
        Assert.Equal(Protocol.CloseReason.Banned, harness.Client.State.LastDisconnect!.Reason);
        await Assert.ThrowsAsync<GatewayClosedException>(() => harness.Client.Completion);
    }

    /// <summary>At any moment of connecting, being accepted and being lost; the harness checks that nothing is left.</summary>
    [Fact]
    public async Task At_any_moment()
    {
        var random = new Random(5);
        for (var i = 0; i < 200; i++)
        {
            await using var harness = new ClientHarness();
            var playing = PlayAsync(harness);
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
            await playing;
        }

        static async Task PlayAsync(ClientHarness harness)
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
