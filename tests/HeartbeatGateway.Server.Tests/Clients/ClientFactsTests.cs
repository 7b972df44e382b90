using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>What a view of a connection tells of its client: library, features, reconnects; and the previous connection in its events.</summary>
public sealed class ClientFactsTests
{
    [Fact]
    public async Task A_view_has_the_library_and_the_granted_features_of_the_hello()
    {
        using var gateway = new EngineHarness();
        var (_, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("pump-1") with { Library = "lib/1.0", Features = ["close", "teleport"] });
        await gateway.IdentifiedAsync(EngineHarness.Hello("pump-2", acceptsClose: false));
        await gateway.ConnectedAsync();
        var views = gateway.Engine.ViewConnections().ToList();
        Assert.Equal(["lib/1.0", null, null], views.Select(v => v.Library));
        Assert.Equal([["close"], [], []], views.Select(v => v.GrantedFeatures));
    }

    [Fact]
    public async Task Clients_with_equal_libraries_share_one_string()
    {
        using var gateway = new EngineHarness();
        for (var i = 0; i < 3; i++) await gateway.IdentifiedAsync(EngineHarness.Hello($"pump-{i}") with { Library = "lib/1.0" });
        var libraries = gateway.Engine.ViewConnections().Select(v => v.Library).ToList();
        Assert.All(libraries, l => Assert.Same(libraries[0], l));
    }

    [Fact]
    public async Task Reconnects_count_takeovers_returns_and_sessions_from_before_a_restart_and_are_forgotten_with_the_client()
    {
        using var gateway = new EngineHarness(o => o.Reconnects.Window = TimeSpan.FromMinutes(1));
        await gateway.IdentifiedAsync();
        Assert.Equal(0, Current(gateway).Reconnects);
        await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        Assert.Equal(1, Current(gateway).Reconnects);
        gateway.Advance(TimeSpan.FromSeconds(8));
        await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 3));
        Assert.Equal(2, Current(gateway).Reconnects);
        // A ghost is no reconnect.
        await gateway.Connect().HelloAsync(EngineHarness.Hello(attempt: 1));
        Assert.Equal(2, Current(gateway).Reconnects);
        gateway.Advance(TimeSpan.FromMinutes(2));
        await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 4));
        Assert.Equal(0, Current(gateway).Reconnects);
        await gateway.IdentifiedAsync(EngineHarness.Hello("other", resume: Guid.NewGuid().ToString("N")));
        Assert.Equal(1, Current(gateway, "other").Reconnects);
        await gateway.ConnectedAsync();
        Assert.Equal(0, gateway.Engine.ViewConnections().Single(v => v is { ClientId: null }).Reconnects);
    }

    [Fact]
    public async Task Events_name_the_connection_that_was_replaced_or_that_left_before()
    {
        using var gateway = new EngineHarness();
        await gateway.IdentifiedAsync();
        var first = Current(gateway).Id;
        await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        var second = Current(gateway).Id;
        gateway.Advance(TimeSpan.FromSeconds(8));
        await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 3));
        await gateway.IdentifiedAsync(EngineHarness.Hello("other", resume: "unknown"));
        Assert.Equal(
            [(PresenceChange.Connected, null), (PresenceChange.Replaced, first), (PresenceChange.Disconnected, null), (PresenceChange.Reconnected, second), (PresenceChange.Reconnected, null)],
            (await gateway.EventsAsync()).Select(e => (e.Change, e.PreviousConnectionId)));
    }

    private static ConnectionView Current(EngineHarness gateway, string clientId = "pump-17") => gateway.Engine.ViewConnection(gateway.Engine.FindClient(clientId)!.ConnectionId)!.Value;
}
