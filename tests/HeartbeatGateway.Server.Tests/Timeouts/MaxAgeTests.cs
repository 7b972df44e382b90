using HeartbeatGateway.Protocol;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Timeouts;

public sealed class MaxAgeTests
{
    [Fact]
    public async Task Connections_end_at_the_maximum_age_with_ten_percent_jitter()
    {
        using var gateway = new EngineHarness(Hourly);
        var clients = new List<InMemoryClient>();
        for (var i = 0; i < 200; i++) clients.Add(await gateway.ConnectedAsync());
        var perMinute = new List<int>();
        for (var minute = 0; minute < 67; minute++)
        {
            gateway.Advance(TimeSpan.FromMinutes(1));
            await EngineHarness.SettleAsync();
            perMinute.Add(clients.Count(c => c.Handler.IsCompleted) - perMinute.Sum());
        }

        Assert.Equal(0, perMinute.Take(54).Sum());
        // No connection is open any more: these tasks complete without an advance of the clock.
        await Task.WhenAll(clients.Select(c => c.Handler));
        // 200 ends over twelve minutes: no minute has much more than its share.
        Assert.InRange(perMinute.Max(), 1, 30);
        Assert.Equal(200, gateway.Closed("max_age"));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task The_close_frame_tells_the_client_to_reconnect()
    {
        using var gateway = new EngineHarness(Hourly);
        var (client, _) = await gateway.IdentifiedAsync();
        // The frame has the date of its sending, so the test reads it soon after.
        gateway.Advance(TimeSpan.FromMinutes(53));
        for (var minute = 0; minute < 14 && gateway.Closed("max_age").Equals(0); minute++)
        {
            gateway.Advance(TimeSpan.FromMinutes(1));
            // The close is counted on the thread pool.
            await EngineHarness.SettleAsync();
        }

        var close = await client.ReadCloseAsync();
        Assert.Equal(CloseReason.MaxAge, close.Reason);
        Assert.True(close.Retry);
    }

    [Fact]
    public async Task The_maximum_age_is_off_by_default_and_can_be_set_while_clients_are_connected()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ReaderIdle = TimeSpan.Zero);
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromHours(3));
        Assert.False(client.Handler.IsCompleted);
        gateway.Options.Draining.MaxConnectionAge = TimeSpan.FromHours(1);
        gateway.Engine.Reconfigure(gateway.Options);
        // The connection is too old already. Such connections end spread over a fifth of an hour.
        gateway.Advance(TimeSpan.FromSeconds(1));
        Assert.False(client.Handler.IsCompleted);
        gateway.Advance(TimeSpan.FromMinutes(13));
        await client.Handler;
        Assert.Equal(1, gateway.Closed("max_age"));
    }

    private static void Hourly(Server.Options.GatewayOptions options)
    {
        options.Heartbeat.ReaderIdle = TimeSpan.Zero;
        options.Draining.MaxConnectionAge = TimeSpan.FromHours(1);
    }
}
