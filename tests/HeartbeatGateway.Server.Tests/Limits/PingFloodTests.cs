using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Limits;

public sealed class PingFloodTests
{
    [Fact]
    public async Task Three_consecutive_seconds_with_too_many_pings_are_a_flood()
    {
        using var gateway = Limited();
        var client = gateway.Connect();
        await SecondsAsync(gateway, client, 3, 3, 3);
        Assert.True(client.Handler.IsCompleted);
        Assert.Equal(1, gateway.Closed("ping_flood"));
        // The ping above the limit in the third second is not answered.
        Assert.Equal(8, gateway.Metrics.Read("heartbeatgateway.heartbeats"));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task Pings_at_the_limit_are_not_a_flood()
    {
        using var gateway = Limited();
        var client = gateway.Connect();
        await SecondsAsync(gateway, client, 2, 2, 2, 2, 2, 2);
        Assert.False(client.Handler.IsCompleted);
        Assert.Equal(12, gateway.Metrics.Read("heartbeatgateway.heartbeats"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task A_second_within_the_limit_resets_all_strikes(int pings)
    {
        using var gateway = Limited();
        var client = gateway.Connect();
        await SecondsAsync(gateway, client, 9, 9, pings, 9, 9);
        Assert.False(client.Handler.IsCompleted);
        await SecondsAsync(gateway, client, 9);
        Assert.True(client.Handler.IsCompleted);
    }

    [Fact]
    public async Task One_burst_after_a_pause_is_not_a_flood()
    {
        using var gateway = Limited();
        var client = gateway.Connect();
        await SecondsAsync(gateway, client, 500);
        Assert.False(client.Handler.IsCompleted);
        Assert.Equal(500, gateway.Metrics.Read("heartbeatgateway.heartbeats"));
    }

    [Fact]
    public async Task Messages_do_not_count()
    {
        using var gateway = Limited();
        var client = gateway.Connect();
        for (var second = 0; second < 5; second++)
        {
            for (var i = 0; i < 10; i++) await client.SendAsync(client.Frame("message", "news"));
            gateway.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(client.Handler.IsCompleted);
    }

    [Fact]
    public async Task A_client_with_the_close_feature_gets_a_close_frame_with_retry()
    {
        using var gateway = Limited();
        var (client, _) = await gateway.IdentifiedAsync();
        await SecondsAsync(gateway, client, 3, 3);
        client.TakeFrames();
        for (var i = 0; i < 3; i++) await client.PingAsync();
        Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        Assert.Equal("ping", (await client.ReadFrameAsync()).Type);
        var close = await client.ReadCloseAsync();
        Assert.Equal(Protocol.CloseReason.PingFlood, close.Reason);
        Assert.True(close.Retry);
    }

    [Fact]
    public async Task With_a_report_only_limit_all_pings_are_answered_and_the_client_is_counted_once()
    {
        using var gateway = Limited(observe: true);
        var client = gateway.Connect();
        await SecondsAsync(gateway, client, 5, 5, 5, 5, 5);
        Assert.False(client.Handler.IsCompleted);
        Assert.Equal(25, gateway.Metrics.Read("heartbeatgateway.heartbeats"));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.limits_observed", ("limit", "ping_flood")));
    }

    [Fact]
    public async Task The_limit_is_off_until_it_is_set_and_can_be_set_while_clients_are_connected()
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        await SecondsAsync(gateway, client, 50, 50, 50, 50);
        Assert.False(client.Handler.IsCompleted);
        gateway.Options.Admission.PingsPerSecond = 2;
        gateway.Options.Admission.PingStrikes = 1;
        gateway.Engine.Reconfigure(gateway.Options);
        await SecondsAsync(gateway, client, 3);
        Assert.True(client.Handler.IsCompleted);
        Assert.Equal(1, gateway.Closed("ping_flood"));
    }

    private static EngineHarness Limited(bool observe = false) => new(o =>
    {
        o.Admission.PingsPerSecond = 2;
        if (observe) o.Admission.Observe.Add("ping_flood");
    });

    /// <summary>Sends the given number of pings in each second.</summary>
    private static async Task SecondsAsync(EngineHarness gateway, InMemoryClient client, params int[] pings)
    {
        foreach (var count in pings)
        {
            for (var i = 0; i < count; i++) await client.PingAsync();
            await EngineHarness.SettleAsync();
            gateway.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
