using System.Net;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Admission;

/// <summary>Limits that are only watched: who is above them is counted, told of, and stays.</summary>
public sealed class ObserveTests
{
    [Fact]
    public async Task Above_a_watched_total_everybody_is_let_in_and_counted()
    {
        using var gateway = Watching("limit_total", o => o.MaxConnections = 1);
        await gateway.ConnectedAsync();
        var second = await gateway.ConnectedAsync();
        Assert.False(second.Handler.IsCompleted);
        AssertSpared(gateway, "limit_total", 1);

        // Its place counts like any other and is given back.
        second.CloseOutput();
        await second.Handler;
        gateway.AssertBalanced();
        Assert.Equal(1, gateway.Engine.Gate.Places);
    }

    [Fact]
    public async Task A_watched_limit_of_an_address_counts_places_on()
    {
        using var gateway = Watching("limit_address", o => o.MaxConnectionsPerAddress = 1);
        var clients = new[] { await gateway.ConnectedAsync(), await gateway.ConnectedAsync(), await gateway.ConnectedAsync() };
        AssertSpared(gateway, "limit_address", 2);
        foreach (var client in clients)
        {
            client.CloseOutput();
            await client.Handler;
        }

        // Enforced from now on: nothing is left of those who went.
        gateway.Options.Admission.Observe.Clear();
        gateway.Engine.Reconfigure(gateway.Options);
        Assert.False((await gateway.ConnectedAsync()).Handler.IsCompleted);
        await gateway.Connect().Handler;
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_address")));
    }

    [Fact]
    public void A_watched_rate_lets_everybody_in()
    {
        using var gateway = Watching("limit_rate", o => o.AcceptsPerSecond = 1);
        Assert.All(Enumerable.Range(0, 4).Select(_ => gateway.Connect()), client => Assert.False(client.Handler.IsCompleted));
        AssertSpared(gateway, "limit_rate", 3);
    }

    [Fact]
    public async Task A_watched_handshake_timeout_is_told_once_and_closes_nobody()
    {
        using var gateway = Watching("handshake_timeout", o => o.HandshakeTimeout = TimeSpan.FromSeconds(2));
        var mute = gateway.Connect();
        gateway.Advance(TimeSpan.FromSeconds(60));
        Assert.False(mute.Handler.IsCompleted);
        AssertSpared(gateway, "handshake_timeout", 1);
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.timeouts", ("kind", "handshake")));

        // It may still become a client.
        await mute.PingAsync();
        Assert.Equal("ping", (await mute.ReadFrameAsync()).Type);
    }

    [Fact]
    public async Task A_watched_limit_of_the_first_content_takes_what_the_limit_of_every_content_takes()
    {
        using var gateway = Watching("first_content", _ => { });
        var client = gateway.Connect();
        await client.SendAsync(client.Frame("message", new string('x', 5000)));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connected_clients"));
        AssertSpared(gateway, "first_content", 1);

        var tooLarge = gateway.Connect();
        await tooLarge.SendAsync(tooLarge.Frame("message", new string('x', 65_537)));
        await tooLarge.Handler;
        Assert.Equal(1, gateway.Closed("bad_length"));
        AssertSpared(gateway, "first_content", 1);
    }

    [Fact]
    public async Task Whoever_is_spared_by_one_limit_can_still_be_turned_away_by_the_next()
    {
        using var gateway = Watching("limit_total", o => (o.MaxConnections, o.AcceptsPerSecond) = (1, 2));
        await gateway.ConnectedAsync();
        await gateway.ConnectedAsync();
        await gateway.Connect().Handler;
        AssertSpared(gateway, "limit_total", 2);
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_rate")));
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_total")));
        gateway.AssertBalanced();
    }

    [Fact]
    public void Each_spared_connection_is_a_line_in_the_log()
    {
        using var gateway = Watching("limit_total", o => o.MaxConnections = 1);
        gateway.Connect();
        gateway.Connect(IPAddress.Parse("192.0.2.77"));
        var line = Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "LimitObserved");
        Assert.Contains("192.0.2.77", line.Message, StringComparison.Ordinal);
        Assert.Contains("limit_total", line.Message, StringComparison.Ordinal);
    }

    private static EngineHarness Watching(string limit, Action<Server.Options.AdmissionOptions> configure) => new(o =>
    {
        configure(o.Admission);
        o.Admission.Observe.Add(limit);
    });

    private static void AssertSpared(EngineHarness gateway, string limit, int times)
    {
        Assert.Equal(times, gateway.Metrics.Read("heartbeatgateway.limits_observed", ("limit", limit)));
        Assert.Equal(times, gateway.Metrics.Sum("heartbeatgateway.limits_observed"));
    }
}
