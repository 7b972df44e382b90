using System.Net;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>A connection that sends a ping first is an anonymous client of its address. Its hello moves it to its client id.</summary>
public sealed class AddressMoveTests
{
    private static readonly IPAddress OtherAddress = IPAddress.Parse("198.51.100.7");

    [Fact]
    public async Task A_reconnect_counted_by_address_is_not_counted_again_by_client_id()
    {
        using var gateway = new EngineHarness();
        await ConnectAndDisconnectAsync(gateway);
        await (await gateway.ConnectedAsync()).DisconnectAsync();
        var client = await gateway.ConnectedAsync();
        AssertReconnects(gateway, byAddress: 1, byClientId: 0);
        await client.HelloAsync(EngineHarness.Hello());
        Assert.True((await client.ReadWelcomeAsync()).Reconnected);
        AssertReconnects(gateway, byAddress: 1, byClientId: 0);
        Assert.Single(gateway.Metrics.Recorded("heartbeatgateway.reconnect_gap"));
    }

    [Fact]
    public async Task A_reconnect_not_counted_by_address_is_counted_by_client_id()
    {
        using var gateway = new EngineHarness();
        await ConnectAndDisconnectAsync(gateway);
        var client = await gateway.ConnectedAsync();
        await client.HelloAsync(EngineHarness.Hello());
        Assert.True((await client.ReadWelcomeAsync()).Reconnected);
        AssertReconnects(gateway, byAddress: 0, byClientId: 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_end_of_an_identified_client_is_not_the_end_of_an_anonymous_client(bool pingsFirst)
    {
        using var gateway = new EngineHarness();
        var client = gateway.Connect();
        if (pingsFirst) await client.PingAsync();
        client.TakeFrames();
        await client.HelloAsync(EngineHarness.Hello());
        await client.ReadWelcomeAsync();
        await client.DisconnectAsync();
        await gateway.ConnectedAsync();
        AssertReconnects(gateway, byAddress: 0, byClientId: 0);
    }

    [Fact]
    public async Task The_hello_of_an_identified_client_does_not_match_the_later_end_of_an_anonymous_client()
    {
        using var gateway = new EngineHarness();
        var old = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(2));
        var client = await gateway.ConnectedAsync();
        await client.HelloAsync(EngineHarness.Hello());
        await client.ReadWelcomeAsync();
        await old.DisconnectAsync();
        AssertReconnects(gateway, byAddress: 0, byClientId: 0);
        // The anonymous client that disconnected has not reconnected yet.
        await gateway.ConnectedAsync();
        AssertReconnects(gateway, byAddress: 1, byClientId: 0);
    }

    [Fact]
    public async Task A_reconnect_counted_when_an_older_connection_timed_out_is_not_counted_again()
    {
        using var gateway = new EngineHarness();
        await ConnectAndDisconnectAsync(gateway);
        await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(2));
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(5.1));
        await UntilAsync(() => gateway.Reconnects("address").Equals(1.0));
        await client.HelloAsync(EngineHarness.Hello());
        Assert.True((await client.ReadWelcomeAsync()).Reconnected);
        AssertReconnects(gateway, byAddress: 1, byClientId: 0);
    }

    [Fact]
    public async Task A_reconnect_is_counted_by_client_id_when_its_address_was_forgotten_before_the_hello()
    {
        using var gateway = new EngineHarness(o => o.Reconnects.Window = TimeSpan.FromSeconds(30));
        var other = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(1));
        var client = await gateway.ConnectedAsync();
        for (var i = 0; i < 7; i++)
        {
            gateway.Advance(TimeSpan.FromSeconds(5));
            await other.PingAsync();
            await client.PingAsync();
        }

        await ConnectAndDisconnectAsync(gateway);
        await gateway.ConnectedAsync(IPAddress.Parse("203.0.113.9"));
        client.TakeFrames();
        await client.HelloAsync(EngineHarness.Hello());
        Assert.True((await client.ReadWelcomeAsync()).Reconnected);
        AssertReconnects(gateway, byAddress: 0, byClientId: 1);
    }

    [Fact]
    public async Task A_reconnect_counted_by_address_is_not_counted_again_by_a_hello_after_the_window()
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

        await ConnectAndDisconnectAsync(gateway);
        client.TakeFrames();
        await client.HelloAsync(EngineHarness.Hello());
        Assert.True((await client.ReadWelcomeAsync()).Reconnected);
        AssertReconnects(gateway, byAddress: 1, byClientId: 0);
    }

    [Fact]
    public async Task A_reconnect_is_counted_by_client_id_when_the_bound_evicted_its_address()
    {
        using var gateway = new EngineHarness(o => o.Reconnects.MaxRemembered = 1);
        await ConnectAndDisconnectAsync(gateway);
        await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(1));
        var client = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(1));
        await gateway.ConnectedAsync();
        await client.HelloAsync(EngineHarness.Hello());
        Assert.True((await client.ReadWelcomeAsync()).Reconnected);
        AssertReconnects(gateway, byAddress: 0, byClientId: 1);
    }

    [Fact]
    public async Task The_end_of_a_ghost_is_not_the_end_of_an_anonymous_client()
    {
        using var gateway = new EngineHarness();
        await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2), OtherAddress);
        var ghost = await gateway.ConnectedAsync();
        await ghost.HelloAsync(EngineHarness.Hello(attempt: 1));
        await ghost.ClosedWithFrameAsync();
        await gateway.ConnectedAsync();
        AssertReconnects(gateway, byAddress: 0, byClientId: 0);
    }

    /// <summary>The identity connects and disconnects, from another address.</summary>
    private static async Task ConnectAndDisconnectAsync(EngineHarness gateway) =>
        await (await gateway.IdentifiedAsync(address: OtherAddress)).Client.DisconnectAsync();

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; !condition(); i++)
        {
            Assert.True(i < 1_000_000, "The condition was never met.");
            await Task.Yield();
        }
    }

    private static void AssertReconnects(EngineHarness gateway, int byAddress, int byClientId) =>
        Assert.Equal((byAddress, byClientId), (gateway.Reconnects("address"), gateway.Reconnects()));
}
