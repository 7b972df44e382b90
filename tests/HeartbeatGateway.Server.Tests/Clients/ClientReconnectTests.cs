using System.Net;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Clients;

public sealed class ClientReconnectTests
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan OneTick = TimeSpan.FromTicks(1);

    [Fact]
    public async Task A_reconnect_within_the_window_is_counted_once_with_its_gap()
    {
        using var gateway = new EngineHarness();
        var (first, earlier) = await gateway.IdentifiedAsync();
        gateway.Advance(TimeSpan.FromSeconds(3));
        await first.DisconnectAsync();
        gateway.Advance(TimeSpan.FromSeconds(1));
        var (again, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(instance: "another"), IPAddress.Parse("198.51.100.7"));
        for (var i = 0; i < 3; i++) await again.PingAsync();

        Assert.Equal((true, false), (welcome.Reconnected, welcome.Resumed));
        Assert.NotEqual(earlier.SessionId, welcome.SessionId);
        Assert.True(welcome.Generation > earlier.Generation);
        Assert.Equal(1, gateway.Reconnects());
        Assert.Equal(0, gateway.Reconnects("address"));
        Assert.Equal(4, Assert.Single(gateway.Metrics.Recorded("heartbeatgateway.reconnect_gap")), 3);
    }

    [Fact]
    public async Task The_gap_ends_with_the_first_valid_frame_and_not_with_the_hello()
    {
        using var gateway = new EngineHarness();
        var (first, _) = await gateway.IdentifiedAsync();
        await first.DisconnectAsync();
        gateway.Advance(TimeSpan.FromSeconds(2));
        var again = await gateway.ConnectedAsync();
        gateway.Advance(TimeSpan.FromSeconds(3));
        await again.HelloAsync(EngineHarness.Hello());
        await again.ReadWelcomeAsync();
        Assert.Equal(2, Assert.Single(gateway.Metrics.Recorded("heartbeatgateway.reconnect_gap")), 3);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task The_window_includes_its_last_tick_and_excludes_the_next(int ticksPast, bool reconnected)
    {
        using var gateway = new EngineHarness();
        var (first, earlier) = await gateway.IdentifiedAsync();
        await first.DisconnectAsync();
        gateway.Time.Advance(Window + (ticksPast * OneTick));
        var (_, welcome) = await gateway.IdentifiedAsync();
        Assert.Equal(reconnected, welcome.Reconnected);
        Assert.Equal(reconnected ? 1 : 0, gateway.Reconnects());
        Assert.True(welcome.Generation > earlier.Generation);
    }

    [Fact]
    public async Task The_window_starts_at_the_end_of_the_connection_and_not_at_its_last_byte()
    {
        using var gateway = new EngineHarness(o => o.Reconnects.Window = TimeSpan.FromSeconds(10));
        var (first, _) = await gateway.IdentifiedAsync(EngineHarness.Hello(heartbeat: TimeSpan.FromSeconds(20.0)));
        gateway.Advance(TimeSpan.FromSeconds(20));
        await first.DisconnectAsync();
        gateway.Advance(TimeSpan.FromSeconds(10));
        var (_, welcome) = await gateway.IdentifiedAsync();
        Assert.True(welcome.Reconnected);
        Assert.Equal(30, Assert.Single(gateway.Metrics.Recorded("heartbeatgateway.reconnect_gap")), 3);
    }

    [Theory]
    [InlineData(10, false)]
    [InlineData(1200, true)]
    public async Task A_reloaded_window_applies_at_once(int seconds, bool reconnected)
    {
        using var gateway = new EngineHarness();
        await (await gateway.IdentifiedAsync()).Client.DisconnectAsync();
        gateway.Options.Reconnects.Window = TimeSpan.FromSeconds(seconds);
        gateway.Engine.Reconfigure(gateway.Options);
        gateway.Time.Advance(reconnected ? TimeSpan.FromSeconds(seconds) : TimeSpan.FromSeconds(seconds) + OneTick);
        Assert.Equal(reconnected, (await gateway.IdentifiedAsync()).Welcome.Reconnected);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_resumed_session_keeps_its_id(bool takeover)
    {
        using var gateway = new EngineHarness();
        var (client, welcome) = await gateway.IdentifiedAsync();
        var first = welcome;
        for (var attempt = 2; attempt < 6; attempt++)
        {
            if (!takeover) await client.DisconnectAsync();
            var (next, resumed) = await gateway.IdentifiedAsync(EngineHarness.Hello(attempt: attempt, resume: first.SessionId));
            Assert.Equal((true, true, first.SessionId), (resumed.Reconnected, resumed.Resumed, resumed.SessionId));
            Assert.True(resumed.Generation > welcome.Generation);
            Assert.Equal(first.SessionId, gateway.Engine.FindClient("pump-17")?.SessionId);
            if (takeover) await client.ClosedWithFrameAsync();
            (client, welcome) = (next, resumed);
        }

        Assert.Equal(4, gateway.Reconnects());
    }

    [Fact]
    public async Task A_session_that_was_replaced_by_a_new_one_cannot_be_resumed()
    {
        using var gateway = new EngineHarness();
        var (first, old) = await gateway.IdentifiedAsync();
        await first.DisconnectAsync();
        var (second, current) = await gateway.IdentifiedAsync();
        await second.DisconnectAsync();
        var (_, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(resume: old.SessionId));
        Assert.Equal((true, false), (welcome.Reconnected, welcome.Resumed));
        Assert.DoesNotContain(welcome.SessionId, new[] { old.SessionId, current.SessionId });
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("00000000000000000000000000000000")]
    public async Task An_unknown_session_counts_as_a_session_from_before_the_start_of_the_process(string resume)
    {
        using var gateway = new EngineHarness();
        var (_, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(resume: resume));
        Assert.Equal((true, false), (welcome.Reconnected, welcome.Resumed));
        Assert.NotEqual(resume, welcome.SessionId);
        Assert.Equal(1, gateway.Reconnects());
        // The time when its earlier connection ended is unknown.
        Assert.Empty(gateway.Metrics.Recorded("heartbeatgateway.reconnect_gap"));
    }

    [Fact]
    public async Task After_a_restart_the_welcome_says_reconnected_but_not_resumed()
    {
        WelcomePayload before;
        using (var gateway = new EngineHarness()) before = (await gateway.IdentifiedAsync()).Welcome;
        using var restarted = new EngineHarness();
        restarted.Time.Advance(TimeSpan.FromSeconds(1));
        var (client, after) = await restarted.IdentifiedAsync(EngineHarness.Hello(resume: before.SessionId));
        Assert.Equal((true, false), (after.Reconnected, after.Resumed));
        Assert.NotEqual(before.SessionId, after.SessionId);
        Assert.True(after.Generation > before.Generation);
        Assert.Equal(1, restarted.Reconnects());
        await client.DisconnectAsync();
        Assert.True((await restarted.IdentifiedAsync(EngineHarness.Hello(resume: after.SessionId))).Welcome.Resumed);
    }

    [Fact]
    public async Task A_session_can_be_resumed_only_within_the_window()
    {
        using var gateway = new EngineHarness();
        var (client, before) = await gateway.IdentifiedAsync();
        await client.DisconnectAsync();
        gateway.Time.Advance(Window + OneTick);
        var (_, after) = await gateway.IdentifiedAsync(EngineHarness.Hello(resume: before.SessionId));
        Assert.Equal((true, false), (after.Reconnected, after.Resumed));
    }

    [Fact]
    public async Task A_client_cannot_resume_the_session_of_another_client()
    {
        using var gateway = new EngineHarness();
        var (_, other) = await gateway.IdentifiedAsync(EngineHarness.Hello("other"));
        var (_, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(resume: other.SessionId));
        Assert.False(welcome.Resumed);
        Assert.NotEqual(other.SessionId, welcome.SessionId);
        Assert.Equal(other.SessionId, gateway.Engine.FindClient("other")?.SessionId);
    }

    [Fact]
    public async Task The_known_session_of_another_client_is_not_counted_as_a_reconnect()
    {
        using var gateway = new EngineHarness();
        var (_, other) = await gateway.IdentifiedAsync(EngineHarness.Hello("other"));
        var (_, welcome) = await gateway.IdentifiedAsync(EngineHarness.Hello(resume: other.SessionId));
        Assert.False(welcome.Reconnected);
    }

    [Fact]
    public async Task Client_ids_are_case_sensitive()
    {
        using var gateway = new EngineHarness();
        await (await gateway.IdentifiedAsync(EngineHarness.Hello("Pump"))).Client.DisconnectAsync();
        Assert.False((await gateway.IdentifiedAsync(EngineHarness.Hello("pump"))).Welcome.Reconnected);
        Assert.True((await gateway.IdentifiedAsync(EngineHarness.Hello("Pump"))).Welcome.Reconnected);
    }

    [Fact]
    public async Task Session_ids_cannot_be_guessed()
    {
        using var gateway = new EngineHarness();
        var sessions = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 100; i++) sessions.Add((await gateway.IdentifiedAsync(EngineHarness.Hello($"c{i}"))).Welcome.SessionId);
        Assert.Equal(100, sessions.Count);
        // Neither their beginning nor their end is a counter.
        Assert.True(sessions.Select(s => s[..8]).Distinct(StringComparer.Ordinal).Count() > 90);
        Assert.True(sessions.Select(s => s[^8..]).Distinct(StringComparer.Ordinal).Count() > 90);
    }
}
