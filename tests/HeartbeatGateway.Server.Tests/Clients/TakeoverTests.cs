using System.Net;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clients;

public sealed class TakeoverTests
{
    /// <summary>Instance and attempt of the old and of the new connection, and the retry flag that the old one gets.</summary>
    public static TheoryData<string?, long?, string?, long?, bool> Winners => new()
    {
        { "a", 1, "a", 2, true },
        { "a", 1, "a", 1, true },
        { "a", 5, "a", null, true },
        { "a", null, "a", 0, true },
        { "a", null, "a", null, true },
        { "a", 1, "b", 2, false },
        { "a", 9, "b", 1, false },
        { "a", 1, "A", 0, false },
        { "a", 9, null, 1, false },
        { null, 9, "a", 1, false },
        { null, 9, null, 1, false },
        { null, null, null, null, false },
    };

    [Theory]
    [MemberData(nameof(Winners))]
    public async Task The_new_connection_takes_over_and_the_close_frame_tells_the_old_one_whether_to_reconnect(string? oldInstance, long? oldAttempt, string? newInstance, long? newAttempt, bool retry)
    {
        using var gateway = new EngineHarness();
        var (old, earlier) = await gateway.IdentifiedAsync(EngineHarness.Hello(instance: oldInstance, attempt: oldAttempt));
        var oldId = gateway.Engine.FindClient("pump-17")!.ConnectionId;
        var (current, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(instance: newInstance, attempt: newAttempt), IPAddress.Parse("198.51.100.7"));

        Assert.Equal((true, false), (welcome.Reconnected, welcome.Resumed));
        Assert.True(welcome.Generation > earlier.Generation);
        var found = gateway.Engine.FindClient("pump-17")!;
        Assert.Equal((welcome.Generation, welcome.SessionId), (found.Generation, found.SessionId));
        Assert.NotEqual(oldId, found.ConnectionId);

        var close = await old.ClosedWithFrameAsync();
        Assert.Equal((CloseReason.Replaced, retry), (close.Reason, close.Retry));
        // The late clean-up of the old connection is complete at this point.
        Assert.Equal(found, gateway.Engine.FindClient("pump-17"));
        Assert.Equal([PresenceChange.Connected, PresenceChange.Replaced], (await gateway.EventsAsync()).Select(e => e.Change));
        Assert.Equal((1, 1, 1), (gateway.Closed("replaced"), gateway.Reconnects(), gateway.Engine.ConnectedClients));
        await current.PingAsync();
        Assert.Equal([("ping", "")], current.TakeFrames());
        gateway.AssertBalanced();
    }

    [Theory]
    [InlineData(2, 1, true)]
    [InlineData(2, 0, true)]
    [InlineData(9223372036854775807, 9223372036854775806, true)]
    [InlineData(2, 1, false)]
    public async Task A_lower_attempt_of_the_same_instance_is_a_ghost(long attempt, long ghostAttempt, bool acceptsClose)
    {
        using var gateway = new EngineHarness();
        var (client, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: attempt));
        var before = gateway.Engine.TakePresenceSnapshot();
        var ghost = gateway.Connect();
        await ghost.HelloAsync(EngineHarness.Hello(attempt: ghostAttempt, resume: welcome.SessionId, acceptsClose: acceptsClose));
        if (acceptsClose)
        {
            var close = await ghost.ClosedWithFrameAsync();
            Assert.Equal((CloseReason.Replaced, true), (close.Reason, close.Retry));
        }
        else
        {
            await ghost.ClosedWithoutFrameAsync();
        }

        var after = gateway.Engine.TakePresenceSnapshot();
        Assert.Equal(before.Sequence, after.Sequence);
        Assert.Equal(before.Clients, after.Clients);
        Assert.Equal((1, 0, 1), (gateway.Closed("replaced"), gateway.Reconnects(), gateway.Engine.ConnectedClients));
        await client.PingAsync();
        Assert.Equal([("ping", "")], client.TakeFrames());
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_lower_attempt_is_accepted_when_the_client_is_offline()
    {
        using var gateway = new EngineHarness();
        await (await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 5))).Client.DisconnectAsync();
        var (_, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 1));
        Assert.True(welcome.Reconnected);
        Assert.NotNull(gateway.Engine.FindClient("pump-17"));
    }

    [Fact]
    public async Task The_attempt_is_compared_with_the_current_connection_and_not_with_earlier_ones()
    {
        using var gateway = new EngineHarness();
        var (first, _) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 9));
        var (second, _) = await gateway.IdentifiedAsync(EngineHarness.Hello(instance: "b", attempt: 1));
        Assert.False((await first.ClosedWithFrameAsync()).Retry);
        var (_, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        Assert.False((await second.ClosedWithFrameAsync()).Retry);
        Assert.Equal(welcome.Generation, gateway.Engine.FindClient("pump-17")?.Generation);
    }

    [Fact]
    public async Task A_client_without_the_close_feature_is_replaced_without_a_close_frame()
    {
        using var gateway = new EngineHarness();
        var (old, _) = await gateway.IdentifiedAsync(EngineHarness.Hello(acceptsClose: false));
        await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        await old.ClosedWithoutFrameAsync();
        Assert.Equal(1, gateway.Closed("replaced"));
    }

    [Fact]
    public async Task Frames_of_the_replaced_connection_are_ignored()
    {
        using var gateway = new EngineHarness();
        var (old, _) = await gateway.IdentifiedAsync();
        await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        await old.PingAsync();
        await old.SendAsync(old.Frame("message", "too late"));
        Assert.Equal("replaced", (await old.ClosedWithFrameAsync()).ReasonName);
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.messages"));
        Assert.NotNull(gateway.Engine.FindClient("pump-17"));
    }

    [Fact]
    public async Task The_late_clean_up_of_a_silent_replaced_connection_changes_nothing()
    {
        using var gateway = new EngineHarness(o => o.Heartbeat.ReaderIdle = TimeSpan.Zero);
        var (old, _) = await gateway.IdentifiedAsync();
        var (current, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        await old.CleanedUpByGatewayAsync(gateway);

        Assert.Equal(welcome.Generation, gateway.Engine.FindClient("pump-17")?.Generation);
        Assert.Equal(1, gateway.Engine.OpenConnections);
        await current.DisconnectAsync();
        Assert.Equal([PresenceChange.Connected, PresenceChange.Replaced, PresenceChange.Disconnected], (await gateway.EventsAsync()).Select(e => e.Change));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task The_gap_of_a_takeover_starts_at_the_last_byte_of_the_old_connection()
    {
        using var gateway = new EngineHarness();
        var (old, _) = await gateway.IdentifiedAsync();
        gateway.Advance(TimeSpan.FromSeconds(1));
        await old.PingAsync();
        old.TakeFrames();
        gateway.Advance(TimeSpan.FromSeconds(3));
        await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: 2));
        Assert.Equal(3, Assert.Single(gateway.Metrics.Recorded("heartbeatgateway.reconnect_gap")), 3);
    }
}
