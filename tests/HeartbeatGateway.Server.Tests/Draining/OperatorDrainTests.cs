using HeartbeatGateway.Server.Draining;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Draining;

/// <summary>A drain that an operator starts and can cancel.</summary>
public sealed class OperatorDrainTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task The_closes_are_spread_over_the_time_with_reconnect_slots()
    {
        using var gateway = NeverIdle();
        var clients = await IdentifiedAsync(gateway, 100);
        var closes = new List<(int Client, string Content)>();
        Assert.Equal(DrainChange.Done, gateway.Engine.StartDrain(TimeSpan.FromSeconds(10), "operator"));
        for (var second = 1; second <= 10; second++)
        {
            for (var step = 1; step <= 20; step++)
            {
                gateway.Advance(Step);
                // The drain continues on another thread. Let it reach its next wait.
                while (closes.Count < ((((second - 1) * 20) + step) * 100 / 200) - 1)
                {
                    closes.AddRange(TakeCloses(clients));
                    await Task.Yield();
                }
            }

            closes.AddRange(TakeCloses(clients));
            Assert.InRange(closes.Count, (second * 10) - 2, (second * 10) + 1);
        }

        gateway.Advance(Step);
        while (closes.Count < 100)
        {
            closes.AddRange(TakeCloses(clients));
            await Task.Yield();
        }

        // The drain closes in the order of the clients, and gives each the next slot. The pool writes the frames of two closes in any order.
        foreach (var (client, content) in closes) Assert.Contains($"\"reason\":\"draining\",\"retry\":true,\"afterMs\":{client},", content, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 100), closes.Select(c => c.Client).Order());
        await LeaveAsync(clients);
        Assert.Equal((100, 0), (gateway.Closed("draining"), gateway.Closed("shutdown")));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task The_status_shows_the_progress_and_stays_drained_until_it_is_cancelled()
    {
        using var gateway = NeverIdle();
        Assert.Equal(new DrainStatus(DrainState.None), gateway.Engine.Drain);
        var clients = await ConnectedAsync(gateway, 4);
        Assert.Equal(new DrainStatus(DrainState.None, Connections: 4, Closed: 0, Remaining: 4), gateway.Engine.Drain);
        var startedAt = gateway.Time.GetUtcNow();
        gateway.Engine.StartDrain(4 * Hour, "operator");
        Assert.Equal(new DrainStatus(DrainState.Draining, startedAt, "operator", 4 * Hour, 4, 0, 4), gateway.Engine.Drain);
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.draining"));
        Assert.Equal((true, false), (gateway.Engine.IsDraining, gateway.Engine.IsStopping));

        await PassAsync(gateway, 2 * Hour, closed: 2);
        await Task.WhenAll(clients.Take(2).Select(c => c.Handler));
        Assert.Equal((DrainState.Draining, 4, 2, 2), Numbers(gateway.Engine.Drain));
        await PassAsync(gateway, 2 * Hour, closed: 4);
        await Task.WhenAll(clients.Select(c => c.Handler));
        Assert.Equal((DrainState.Drained, 4, 4, 0), Numbers(gateway.Engine.Drain));
        await SawAsync(gateway, "The drain is complete: 4 of 4 connections are closed");

        gateway.Advance(TimeSpan.FromHours(1));
        Assert.Equal((DrainState.Drained, 4, 4, 0), Numbers(gateway.Engine.Drain));
        await gateway.Connect().Handler;
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "draining")));
        Assert.Equal(DrainChange.Done, await gateway.Engine.CancelDrainAsync());
        Assert.Equal(new DrainStatus(DrainState.None), gateway.Engine.Drain);
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.draining"));
        await gateway.ConnectedAsync();
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task New_connections_are_refused_before_they_cost_anything_and_the_liveness_probe_is_answered()
    {
        using var gateway = NeverIdle(o => o.Admission.AcceptsPerSecond = 1);
        await gateway.ConnectedAsync();
        gateway.Engine.StartDrain(TimeSpan.FromMinutes(1));
        var probe = gateway.Connect(isProbe: true);
        await probe.SendAsync(gateway.Engine.CreateProbePing());
        Assert.Equal("ping", EngineHarness.TypeOfSingle(probe.TakeBytes()));
        for (var i = 0; i < 10; i++) await gateway.Connect().Handler;
        Assert.Equal(10, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "draining")));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connections.opened"));
        Assert.Equal(1, gateway.Engine.OpenConnections);
        // They took nothing of the accept rate either.
        await gateway.Engine.CancelDrainAsync();
        gateway.Advance(TimeSpan.FromSeconds(1));
        await gateway.ConnectedAsync();
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_rate")));
    }

    [Fact]
    public async Task A_connection_whose_PROXY_header_arrives_during_the_drain_is_closed_as_draining()
    {
        using var gateway = NeverIdle(o => o.Proxy.TrustedNetworks.Add("192.0.2.0/24"));
        var client = gateway.Connect();
        gateway.Engine.StartDrain(TimeSpan.FromMinutes(1));
        await client.SendAsync("PROXY TCP4 203.0.113.7 192.0.2.1 4711 8081\r\n"u8.ToArray());
        await client.Handler;
        Assert.Equal(1, gateway.Closed("draining"));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task Open_clients_are_answered_and_get_messages_until_their_turn_comes()
    {
        using var gateway = NeverIdle();
        var (client, _) = await gateway.IdentifiedAsync();
        gateway.Engine.StartDrain(TimeSpan.FromMinutes(1));
        gateway.Advance(TimeSpan.FromSeconds(30));
        await client.PingAsync();
        Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        Assert.Equal(SendResult.Accepted, gateway.Engine.SendToClient("pump-17", "order", "start"u8.ToArray()));
        Assert.Equal("order", (await client.ReadFrameAsync()).Type);
        Assert.Equal(1, gateway.Engine.ConnectedClients);
    }

    [Fact]
    public async Task Cancelling_closes_no_further_connection()
    {
        using var gateway = NeverIdle();
        var clients = await ConnectedAsync(gateway, 10);
        gateway.Engine.StartDrain(10 * Hour);
        await PassAsync(gateway, 3 * Hour, closed: 3);
        Assert.Equal(DrainChange.Done, await gateway.Engine.CancelDrainAsync());
        gateway.Time.Advance(10 * Hour);
        gateway.Advance(TimeSpan.FromMinutes(1));
        await EngineHarness.SettleAsync();
        Assert.Equal(3, gateway.Closed("draining"));
        Assert.Equal(7, gateway.Engine.OpenConnections);
        await SawAsync(gateway, "The drain is cancelled: 3 of 10 connections are closed");
        foreach (var client in clients.Skip(3))
        {
            await client.PingAsync();
            Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        }

        Assert.Equal(DrainChange.NotDraining, await gateway.Engine.CancelDrainAsync());
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task Cancelling_while_the_last_connection_ends_leaves_a_gateway_that_admits_clients()
    {
        for (var i = 0; i < 200; i++)
        {
            using var gateway = NeverIdle();
            var client = await gateway.ConnectedAsync();
            gateway.Engine.StartDrain(TimeSpan.Zero);
            gateway.Time.Advance(Step);
            // The drain closes its connection on another thread at this moment.
            var changes = await Task.WhenAll(Task.Run(gateway.Engine.CancelDrainAsync), Task.Run(gateway.Engine.CancelDrainAsync));
            Assert.Equal([DrainChange.Done, DrainChange.NotDraining], changes.Order());
            Assert.Equal(DrainState.None, gateway.Engine.Drain.State);
            // Whether the drain has closed it or not.
            client.CloseOutput();
            await client.Handler;
            await gateway.ConnectedAsync();
            gateway.AssertBalanced();
        }
    }

    [Fact]
    public async Task A_drain_after_a_cancelled_one_closes_the_connections_that_are_open_then()
    {
        using var gateway = NeverIdle();
        var clients = await ConnectedAsync(gateway, 4);
        gateway.Engine.StartDrain(4 * Hour);
        await PassAsync(gateway, 2 * Hour, closed: 2);
        await gateway.Engine.CancelDrainAsync();
        await Task.WhenAll(clients.Take(2).Select(c => c.Handler));
        clients.AddRange(await ConnectedAsync(gateway, 3));

        Assert.Equal(DrainChange.Done, gateway.Engine.StartDrain(5 * Hour));
        Assert.Equal((DrainState.Draining, 5, 0, 5), Numbers(gateway.Engine.Drain));
        await PassAsync(gateway, 5 * Hour, closed: 7);
        await Task.WhenAll(clients.Select(c => c.Handler));
        await SawAsync(gateway, "The drain is complete: 5 of 5 connections are closed");
        // A third one finds nothing, and is complete at once.
        await gateway.Engine.CancelDrainAsync();
        gateway.Engine.StartDrain(TimeSpan.FromSeconds(5));
        await SawAsync(gateway, "The drain is complete: 0 of 0 connections are closed");
        Assert.Equal((DrainState.Drained, 0, 0, 0), Numbers(gateway.Engine.Drain));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task Connections_that_open_while_drains_begin_and_are_cancelled_stay_open_or_end_as_draining()
    {
        using var gateway = NeverIdle();
        var opened = new List<InMemoryClient>();
        using var done = new CancellationTokenSource();
        var connecting = Task.Run(() =>
        {
            while (!done.IsCancellationRequested) opened.Add(gateway.Connect());
        });
        for (var i = 0; i < 500; i++)
        {
            Assert.Equal(DrainChange.Done, gateway.Engine.StartDrain(TimeSpan.FromHours(1)));
            Assert.Equal(DrainChange.Done, await gateway.Engine.CancelDrainAsync());
        }

        await done.CancelAsync();
        await connecting;
        // A last drain finds every connection that is still open: none has slipped past the lists of the drains.
        gateway.Engine.StartDrain(TimeSpan.Zero);
        while (gateway.Engine.OpenConnections > 0)
        {
            gateway.Advance(Step);
            await EngineHarness.SettleAsync();
        }

        await Task.WhenAll(opened.Select(c => c.Handler));
        var (closed, rejected) = (gateway.Closed("draining"), gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "draining")));
        Assert.Equal(opened.Count, closed + rejected);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_stop_takes_the_drain_over_and_closes_each_connection_once()
    {
        using var gateway = NeverIdle();
        var clients = await IdentifiedAsync(gateway, 10);
        gateway.Engine.StartDrain(10 * Hour, "operator");
        await PassAsync(gateway, 4 * Hour, closed: 4);
        var stopping = gateway.Engine.StopAsync(TimeSpan.FromSeconds(6), TestContext.Current.CancellationToken);
        Assert.Equal((true, true), (gateway.Engine.IsDraining, gateway.Engine.IsStopping));
        Assert.Equal((null, TimeSpan.FromSeconds(6)), (gateway.Engine.Drain.StartedBy, gateway.Engine.Drain.Duration));
        Assert.Equal(DrainChange.Stopping, gateway.Engine.StartDrain(TimeSpan.Zero));
        Assert.Equal(DrainChange.Stopping, await gateway.Engine.CancelDrainAsync());
        while (!stopping.IsCompleted)
        {
            gateway.Advance(Step);
            foreach (var client in clients.Where(c => c.TakeFrames().Any(f => f.Type == "close"))) client.CloseOutput();
            await EngineHarness.SettleAsync();
        }

        await stopping;
        await Task.WhenAll(clients.Select(c => c.Handler));
        Assert.Equal(10, gateway.Closed("draining") + gateway.Closed("shutdown"));
        Assert.Equal(DrainState.Drained, gateway.Engine.Drain.State);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_stop_of_a_drained_gateway_ends_at_once()
    {
        using var gateway = NeverIdle();
        gateway.Engine.StartDrain(TimeSpan.FromMinutes(1));
        await gateway.Engine.StopAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await gateway.Connect().Handler;
        Assert.Equal((0, 1), (gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "draining")), gateway.Closed("shutdown")));
    }

    [Fact]
    public void A_second_drain_and_durations_out_of_range_are_refused()
    {
        using var gateway = NeverIdle();
        Assert.Throws<ArgumentOutOfRangeException>(() => gateway.Engine.StartDrain(TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => gateway.Engine.StartDrain(GatewayEngine.MaxDrainDuration + TimeSpan.FromTicks(1)));
        Assert.Equal(DrainState.None, gateway.Engine.Drain.State);
        Assert.Equal(DrainChange.Done, gateway.Engine.StartDrain(GatewayEngine.MaxDrainDuration, "first"));
        Assert.Equal(DrainChange.AlreadyDraining, gateway.Engine.StartDrain(TimeSpan.Zero, "second"));
        Assert.Equal("first", gateway.Engine.Drain.StartedBy);
    }

    private static EngineHarness NeverIdle(Action<Server.Options.GatewayOptions>? configure = null) => new(options =>
    {
        options.Heartbeat.ReaderIdle = TimeSpan.Zero;
        options.Admission.HandshakeTimeout = TimeSpan.Zero;
        configure?.Invoke(options);
    });

    private static (DrainState State, int Connections, int Closed, int Remaining) Numbers(DrainStatus status) => (status.State, status.Connections, status.Closed, status.Remaining);

    private static async Task<List<InMemoryClient>> ConnectedAsync(EngineHarness gateway, int count)
    {
        var clients = new List<InMemoryClient>();
        for (var i = 0; i < count; i++) clients.Add(await gateway.ConnectedAsync());
        return clients;
    }

    private static async Task<List<InMemoryClient>> IdentifiedAsync(EngineHarness gateway, int count)
    {
        var clients = new List<InMemoryClient>();
        for (var i = 0; i < count; i++) clients.Add((await gateway.IdentifiedAsync(EngineHarness.Hello($"pump-{i}"))).Client);
        return clients;
    }

    /// <summary>A client that was sent a close frame is waited for until it closes.</summary>
    private static Task LeaveAsync(List<InMemoryClient> clients)
    {
        foreach (var client in clients) client.CloseOutput();
        return Task.WhenAll(clients.Select(c => c.Handler));
    }

    /// <summary>The close frames that have arrived since the last call, with the index of their client.</summary>
    private static IEnumerable<(int Client, string Content)> TakeCloses(List<InMemoryClient> clients) =>
        clients.SelectMany((c, i) => c.TakeFrames().Where(f => f.Type == "close").Select(f => (i, f.Content)));

    /// <summary>
    /// Lets a time pass at once, and then steps until a number of connections is closed, since the drain continues on other threads. The drains of these
    /// tests close a connection an hour, so that the steps never reach the next one.
    /// </summary>
    private static async Task PassAsync(EngineHarness gateway, TimeSpan time, int closed)
    {
        gateway.Time.Advance(time);
        while (gateway.Closed("draining") < closed)
        {
            gateway.Advance(Step);
            await EngineHarness.SettleAsync();
        }
    }

    private static async Task SawAsync(EngineHarness gateway, string text)
    {
        while (!gateway.Logs.GetSnapshot().Any(l => l.Message.StartsWith(text, StringComparison.Ordinal))) await Task.Yield();
    }
}
