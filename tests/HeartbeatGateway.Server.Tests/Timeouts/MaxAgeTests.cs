using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Timeouts;

public sealed class MaxAgeTests
{
    [Fact]
    public async Task Connections_end_at_their_age_a_tenth_more_or_less_and_not_together()
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
        // None is open any more: each of these tasks completes without the clock.
        await Task.WhenAll(clients.Select(c => c.Handler));
        // Two hundred over twelve minutes: no minute holds much more than its share.
        Assert.InRange(perMinute.Max(), 1, 30);
        Assert.Equal(200, gateway.Closed("max_age"));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_client_is_told_to_come_back()
    {
        using var gateway = new EngineHarness(Hourly);
        var (client, _) = await gateway.IdentifiedAsync();
        // The frame is dated when it is sent: looked at soon after.
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
    public async Task It_is_off_until_it_is_set()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ReaderIdle = TimeSpan.Zero);
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromHours(3));
        Assert.False(client.Handler.IsCompleted);
        gateway.Options.Draining.MaxConnectionAge = TimeSpan.FromHours(1);
        gateway.Engine.Reconfigure(gateway.Options);
        // Too old already: it goes within the fifth of an hour over which those who are spread.
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
