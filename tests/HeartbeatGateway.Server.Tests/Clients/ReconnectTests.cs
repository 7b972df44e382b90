using System.Net;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clients;

public sealed class ReconnectTests
{
    [Fact]
    public async Task A_reconnect_of_an_anonymous_client_is_counted_once_with_its_gap()
    {
        using var gateway = new EngineHarness();
        var first = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(8));
        await first.Handler;
        gateway.Advance(TimeSpan.FromSeconds(1));
        await gateway.ConnectedAsync();
        await gateway.ConnectedAsync();

        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.reconnects", ("identity", "address")));
        Assert.Equal(9, Assert.Single(gateway.Metrics.Recorded("heartbeatgateway.reconnect_gap")), 1);
        Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "ClientReconnected");
    }

    [Fact]
    public async Task A_client_that_reconnects_before_its_old_connection_times_out_is_counted_at_the_timeout()
    {
        using var gateway = new EngineHarness();
        var old = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(2));
        await gateway.ConnectedAsync();
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.reconnects"));
        gateway.Advance(TimeSpan.FromSeconds(5.1));
        await old.Handler;
        Assert.Equal(1, gateway.Metrics.Sum("heartbeatgateway.reconnects"));
        Assert.Equal(2, Assert.Single(gateway.Metrics.Recorded("heartbeatgateway.reconnect_gap")), 1);
    }

    [Fact]
    public async Task Unauthenticated_connections_other_addresses_and_late_connections_are_not_counted_as_reconnects()
    {
        using var gateway = new EngineHarness(o => o.Reconnects.Window = TimeSpan.FromSeconds(30));
        var unauthenticated = gateway.Connect();
        unauthenticated.CloseOutput();
        await unauthenticated.Handler;
        var client = await gateway.ConnectedAsync();
        client.CloseOutput();
        await client.Handler;
        await gateway.ConnectedAsync(IPAddress.Parse("198.51.100.7"));
        gateway.Advance(TimeSpan.FromSeconds(31));
        await gateway.ConnectedAsync();
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.reconnects"));
    }
}
