using System.Net;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>A connection that pings first is an anonymous client of its address, until its hello moves it to its name.</summary>
public sealed class AddressMoveTests
{
    private static readonly IPAddress Elsewhere = IPAddress.Parse("198.51.100.7");

    [Fact]
    public async Task Who_was_counted_by_address_is_not_counted_again_by_name()
    {
        using var gateway = new EngineHarness();
        await WasHereAsync(gateway);
        await (await gateway.ConnectedAsync()).LeaveAsync();
        var client = await gateway.ConnectedAsync();
        AssertReconnects(gateway, byAddress: 1, byName: 0);
        await client.HelloAsync(EngineHarness.Hello());
        Assert.True((await client.ReadWelcomeAsync()).Reconnected);
        AssertReconnects(gateway, byAddress: 1, byName: 0);
        Assert.Single(gateway.Metrics.Recorded("heartbeatgateway.reconnect_gap"));
    }

    [Fact]
    public async Task Who_was_not_counted_by_address_is_counted_by_name()
    {
        using var gateway = new EngineHarness();
        await WasHereAsync(gateway);
        var client = await gateway.ConnectedAsync();
        await client.HelloAsync(EngineHarness.Hello());
        Assert.True((await client.ReadWelcomeAsync()).Reconnected);
        AssertReconnects(gateway, byAddress: 0, byName: 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_end_of_a_client_with_a_name_is_no_end_of_an_anonymous_one(bool pingsFirst)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        if (pingsFirst) await client.PingAsync();
        client.TakeFrames();
        await client.HelloAsync(EngineHarness.Hello());
        await client.ReadWelcomeAsync();
        await client.LeaveAsync();
        await gateway.ConnectedAsync();
        AssertReconnects(gateway, byAddress: 0, byName: 0);
    }

    [Fact]
    public async Task Nor_is_its_coming_the_return_of_an_anonymous_one_that_ends_later()
    {
        using var gateway = new EngineHarness();
        var old = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(2));
        var client = await gateway.ConnectedAsync();
        await client.HelloAsync(EngineHarness.Hello());
        await client.ReadWelcomeAsync();
        await old.LeaveAsync();
        AssertReconnects(gateway, byAddress: 0, byName: 0);
        // The one that left is still to come back.
        await gateway.ConnectedAsync();
        AssertReconnects(gateway, byAddress: 1, byName: 0);
    }

    [Fact]
    public async Task Who_was_counted_when_an_older_connection_was_found_dead_is_not_counted_again()
    {
        using var gateway = new EngineHarness();
        await WasHereAsync(gateway);
        await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(2));
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(5.1));
        await UntilAsync(() => gateway.Reconnects("address").Equals(1.0));
        await client.HelloAsync(EngineHarness.Hello());
        Assert.True((await client.ReadWelcomeAsync()).Reconnected);
        AssertReconnects(gateway, byAddress: 1, byName: 0);
    }

    [Fact]
    public async Task Who_waited_so_long_to_say_hello_that_its_address_forgot_it_was_still_never_counted()
    {
        using var gateway = new EngineHarness(o => o.Reconnects.Window = TimeSpan.FromSeconds(30));
        var stays = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(1));
        var client = await gateway.ConnectedAsync();
        for (var i = 0; i < 7; i++)
        {
            gateway.Advance(TimeSpan.FromSeconds(5));
            await stays.PingAsync();
            await client.PingAsync();
        }

        await WasHereAsync(gateway);
        await gateway.ConnectedAsync(IPAddress.Parse("203.0.113.9"));
        client.TakeFrames();
        await client.HelloAsync(EngineHarness.Hello());
        Assert.True((await client.ReadWelcomeAsync()).Reconnected);
        AssertReconnects(gateway, byAddress: 0, byName: 1);
    }

    [Fact]
    public async Task Who_was_counted_by_address_is_not_counted_again_however_late_it_says_hello()
    {
        using var gateway = new EngineHarness(o => o.Reconnects.Window = TimeSpan.FromSeconds(30));
        await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(2));
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(5.1));
        await UntilAsync(() => gateway.Reconnects("address").Equals(1.0));
        for (var i = 0; i < 7; i++)
        {
            await client.PingAsync();
            gateway.Advance(TimeSpan.FromSeconds(5));
        }

        await WasHereAsync(gateway);
        client.TakeFrames();
        await client.HelloAsync(EngineHarness.Hello());
        Assert.True((await client.ReadWelcomeAsync()).Reconnected);
        AssertReconnects(gateway, byAddress: 1, byName: 0);
    }

    [Fact]
    public async Task Who_was_pushed_out_of_the_memory_of_its_address_was_still_never_counted()
    {
        using var gateway = new EngineHarness(o => o.Reconnects.MaxRemembered = 1);
        await WasHereAsync(gateway);
        await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(1));
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(1));
        await gateway.ConnectedAsync();
        await client.HelloAsync(EngineHarness.Hello());
        Assert.True((await client.ReadWelcomeAsync()).Reconnected);
        AssertReconnects(gateway, byAddress: 0, byName: 1);
    }

    [Fact]
    public async Task A_ghost_has_a_name_so_its_end_is_no_end_of_an_anonymous_client()
    {
        using var gateway = new EngineHarness();
        await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2), Elsewhere);
        var ghost = await gateway.ConnectedAsync();
        await ghost.HelloAsync(EngineHarness.Hello(attempt: 1));
        await ghost.ToldAsync();
        await gateway.ConnectedAsync();
        AssertReconnects(gateway, byAddress: 0, byName: 0);
    }

    /// <summary>The identity comes and goes, elsewhere.</summary>
    private static async Task WasHereAsync(EngineHarness gateway) => await (await gateway.IdentifiedAsync(address: Elsewhere)).Client.LeaveAsync();

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; !condition(); i++)
        {
            Assert.True(i < 1_000_000, "It never came to that.");
            await Task.Yield();
        }
    }

    private static void AssertReconnects(EngineHarness gateway, int byAddress, int byName) =>
        Assert.Equal((byAddress, byName), (gateway.Reconnects("address"), gateway.Reconnects()));
}
