using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Draining;

public sealed class DrainTests
{
    [Fact]
    public async Task Without_a_drain_time_all_connections_and_later_ones_are_closed_as_shutdown()
    {
        using var gateway = new EngineHarness();
        var clients = new[] { await gateway.ConnectedAsync(), await gateway.ConnectedAsync(), gateway.Connect() };
        await gateway.Engine.StopAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        await Task.WhenAll(clients.Select(c => c.Handler));
        await gateway.Connect().Handler;
        Assert.Equal(4, gateway.Closed("shutdown"));
        Assert.Equal(0, gateway.Engine.OpenConnections);
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.draining"));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_second_stop_waits_for_the_running_drain_and_can_cancel_its_wait()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ReaderIdle = TimeSpan.Zero);
        var clients = new[] { await gateway.ConnectedAsync(), await gateway.ConnectedAsync() };
        var first = gateway.Engine.StopAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        using var cancellation = new CancellationTokenSource();
        var second = gateway.Engine.StopAsync(TimeSpan.FromMinutes(1), cancellation.Token);
        gateway.Advance(TimeSpan.FromSeconds(10));
        Assert.False(second.IsCompleted);
        Assert.Equal(2, gateway.Engine.OpenConnections);
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), l => l.Id.Name == "ConnectionsAborted");

        await cancellation.CancelAsync();
        while (!first.IsCompleted)
        {
            gateway.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        await Task.WhenAll([first, second, .. clients.Select(c => c.Handler)]);
        Assert.Equal(2, gateway.Closed("shutdown"));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task With_a_drain_time_the_closes_are_spread_over_it()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ReaderIdle = TimeSpan.Zero);
        var clients = new List<InMemoryClient>();
        for (var i = 0; i < 100; i++) clients.Add(await gateway.ConnectedAsync());
        var stopping = gateway.Engine.StopAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        for (var second = 1; second <= 10; second++)
        {
            for (var step = 0; step < 20; step++)
            {
                gateway.Advance(TimeSpan.FromMilliseconds(50));
                // The drain loop continues on another thread. Let it reach its next wait.
                while (gateway.Closed("draining") < ((((second - 1) * 20) + step + 1) * 100 / 200) - 1) await Task.Yield();
            }

            Assert.InRange(gateway.Closed("draining"), (second * 10) - 2, (second * 10) + 1);
        }

        gateway.Advance(TimeSpan.FromMilliseconds(100));
        await stopping;
        await Task.WhenAll(clients.Select(c => c.Handler));
        gateway.AssertBalanced();
    }
}
