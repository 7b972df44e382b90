using System.Collections.Concurrent;
using System.Net;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging;

namespace HeartbeatGateway.Server.Tests.Bans;

/// <summary>Bans of client ids and addresses that connect too often.</summary>
public sealed class AutomaticBanTests
{
    [Fact]
    public async Task By_default_nothing_is_counted()
    {
        using var gateway = new EngineHarness();
        for (var i = 0; i < 100; i++) await ConnectAsync(gateway);
        Assert.Equal(AutomaticBanMode.Off, gateway.Engine.Bans.ReportAutomatic().Mode);
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.automatic_bans"));
    }

    [Fact]
    public async Task A_client_that_connects_too_often_is_banned_for_the_duration()
    {
        using var gateway = With(AutomaticBanMode.Enforce);
        for (var i = 0; i < 3; i++) await ConnectAsync(gateway);
        var (open, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("pump-18"));
        Assert.Equal("this client id is banned until 2026-11-22T10:10:00Z", await RefusedAsync(gateway));
        var ban = Assert.Single(gateway.Engine.Bans.List());
        Assert.Equal((BanKind.Client, "pump-17", true, "(automatic)", "more than 3 hellos within 60 s"), (ban.Kind, ban.Value, ban.IsAutomatic, ban.CreatedBy, ban.Comment));
        Assert.Equal(1, Made(gateway, "enforce"));
        Assert.Equal(1, gateway.Engine.Bans.ReportAutomatic().Made);
        Assert.Contains("pump-17", gateway.Logs.GetSnapshot().Single(l => l.Id.Name == "AutomaticBanMade").Message, StringComparison.Ordinal);
        await open.PingAsync();
        Assert.Equal("ping", (await open.ReadFrameAsync()).Type);

        // Connects of a banned client do not prolong the ban, and afterwards it begins anew.
        gateway.Time.Advance(TimeSpan.FromMinutes(9));
        await RefusedAsync(gateway);
        gateway.Time.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 3; i++) await ConnectAsync(gateway);
        await RefusedAsync(gateway);
        Assert.Equal(2, Made(gateway, "enforce"));
    }

    [Fact]
    public async Task The_open_connection_of_a_client_that_is_banned_is_closed()
    {
        using var gateway = With(AutomaticBanMode.Enforce);
        for (var i = 0; i < 2; i++) await ConnectAsync(gateway);
        var (open, _) = await gateway.IdentifiedAsync();
        await RefusedAsync(gateway);
        Assert.Equal("banned", (await open.ClosedWithFrameAsync()).ReasonName);
    }

    [Fact]
    public async Task A_window_ends_after_its_time()
    {
        using var gateway = With(AutomaticBanMode.Enforce);
        for (var i = 0; i < 3; i++) await ConnectAsync(gateway);
        gateway.Time.Advance(TimeSpan.FromSeconds(60));
        for (var i = 0; i < 3; i++) await ConnectAsync(gateway);
        gateway.Time.Advance(TimeSpan.FromSeconds(59.999));
        await RefusedAsync(gateway);
    }

    [Fact]
    public async Task In_observe_mode_it_is_counted_and_shown_and_nothing_is_refused()
    {
        using var gateway = With(AutomaticBanMode.Observe);
        for (var i = 0; i < 20; i++) await ConnectAsync(gateway);
        var report = gateway.Engine.Bans.ReportAutomatic();
        Assert.Equal((AutomaticBanMode.Observe, 0, 1), (report.Mode, report.Made, report.Observed));
        Assert.Equal("pump-17", Assert.Single(report.WouldBeBanned).Value);
        Assert.Equal((1, 0), (Made(gateway, "observe"), Made(gateway, "enforce")));
        Assert.Empty(gateway.Engine.Bans.List());
        Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "AutomaticBanObserved");

        // It would have been banned for ten minutes; then it would have been banned again.
        gateway.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Empty(gateway.Engine.Bans.ReportAutomatic().WouldBeBanned);
        for (var i = 0; i < 4; i++) await ConnectAsync(gateway);
        Assert.Equal(2, Made(gateway, "observe"));
    }

    [Fact]
    public async Task No_peer_gets_a_victim_banned_without_its_key_or_by_sending_its_hello_again()
    {
        using var gateway = With(AutomaticBanMode.Enforce);
        var victim = gateway.Connect();
        var hello = victim.Signer.Encode(FrameKinds.Hello, EngineHarness.Hello().ToJson(), victim.UnixSeconds).ToArray();
        await victim.SendAsync(hello);
        await victim.ReadWelcomeAsync();
        var wrong = new TokenKeyring(new TokenKeyringOptions { Secrets = [new TokenSecret("k1", "not the gateway's secret")] }, TokenRole.Client);
        for (var i = 0; i < 20; i++)
        {
            var replayer = gateway.Connect();
            await replayer.SendAsync(hello);
            await replayer.ClosedWithoutFrameAsync();
            var forger = gateway.Connect(keyring: wrong);
            await forger.HelloAsync(EngineHarness.Hello());
            await forger.ClosedWithoutFrameAsync();
        }

        Assert.Empty(gateway.Engine.Bans.List());
        await victim.PingAsync();
        Assert.Equal("ping", (await victim.ReadFrameAsync()).Type);
    }

    [Fact]
    public async Task Pings_and_second_hellos_do_not_count()
    {
        using var gateway = With(AutomaticBanMode.Enforce);
        for (var i = 0; i < 20; i++) await (await gateway.ConnectedAsync()).DisconnectAsync();
        var (client, _) = await gateway.IdentifiedAsync();
        for (var i = 0; i < 5; i++) await client.HelloAsync(EngineHarness.Hello());
        await client.ClosedWithFrameAsync();
        Assert.Empty(gateway.Engine.Bans.List());
    }

    [Theory]
    [InlineData("198.51.100.7", "198.51.100.7", "198.51.100.7")]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:1::/64")]
    public async Task An_address_from_which_too_many_hellos_come_is_banned(string from, string last, string banned)
    {
        using var gateway = With(AutomaticBanMode.Enforce, perAddress: 3);
        for (var i = 0; i < 3; i++) await ConnectAsync(gateway, EngineHarness.Hello($"pump-{i}"), from);
        var client = gateway.Connect(IPAddress.Parse(last));
        await client.HelloAsync(EngineHarness.Hello("pump-3"));
        Assert.Equal("banned", (await client.ClosedWithFrameAsync()).ReasonName);
        Assert.Equal((BanKind.Address, banned), (gateway.Engine.Bans.List().Single().Kind, gateway.Engine.Bans.List().Single().Value));
        await gateway.Connect(IPAddress.Parse(from)).ClosedWithoutFrameAsync();
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "banned")));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("203.0.113.9")]
    public async Task Loopback_and_trusted_proxies_are_not_counted_by_address(string address)
    {
        using var gateway = new EngineHarness(o =>
        {
            o.Proxy.TrustedNetworks.Add("203.0.113.0/24");
            o.Proxy.Header = ProxyHeaderDemand.Optional;
            o.Admission.AutomaticBans = new AutomaticBanOptions { Mode = AutomaticBanMode.Enforce, MaxConnects = 0, MaxConnectsPerAddress = 1 };
        });
        for (var i = 0; i < 10; i++) await ConnectAsync(gateway, EngineHarness.Hello($"pump-{i}"), address);
        Assert.Empty(gateway.Engine.Bans.List());
    }

    [Fact]
    public async Task Lifting_an_automatic_ban_begins_a_new_window()
    {
        using var gateway = With(AutomaticBanMode.Enforce);
        for (var i = 0; i < 3; i++) await ConnectAsync(gateway);
        await RefusedAsync(gateway);
        Assert.True(gateway.Engine.Bans.Remove(gateway.Engine.Bans.List().Single().Id));
        for (var i = 0; i < 3; i++) await ConnectAsync(gateway);
    }

    [Fact]
    public async Task A_ban_that_is_lifted_at_once_closes_no_connection_afterwards()
    {
        using var made = new LineActions();
        using var gateway = With(AutomaticBanMode.Enforce, perAddress: 3, logger: made);
        for (var i = 0; i < 2; i++) await ConnectAsync(gateway);
        var (open, _) = await gateway.IdentifiedAsync();
        // The line comes before the connections of the address are looked for, and before the present one is refused.
        made.On("AutomaticBanMade", () => Assert.True(gateway.Engine.Bans.Remove(gateway.Engine.Bans.List().Single().Id)));
        await gateway.IdentifiedAsync(EngineHarness.Hello("pump-18"));
        Assert.Equal(1, Made(gateway, "enforce"));
        for (var i = 0; i < 5; i++) await Task.Factory.StartNew(() => { }, TestContext.Current.CancellationToken, TaskCreationOptions.PreferFairness, TaskScheduler.Default);
        await open.PingAsync();
        Assert.Equal("ping", (await open.ReadFrameAsync()).Type);
    }

    [Fact]
    public void Keys_beyond_the_bound_are_forgotten_and_busy_ones_are_not()
    {
        var counter = new ConnectCounter<string>(capacity: 100);
        for (var i = 0; i < 10_000; i++)
        {
            counter.Count($"client-{i}", now: i, window: 1_000_000);
            Assert.Equal(i + 1, counter.Count("busy", now: i, window: 1_000_000));
            Assert.InRange(counter.Keys, 1, 100);
        }
    }

    [Fact]
    public void Enforcing_is_refused_where_hellos_are_not_verified()
    {
        var options = new GatewayOptions { Tokens = { Scheme = "none" }, Admission = { AutomaticBans = { Mode = AutomaticBanMode.Enforce } } };
        Assert.Contains("any peer could have any client banned", Assert.Single(options.Validate()), StringComparison.Ordinal);
    }

    private static EngineHarness With(AutomaticBanMode mode, int perAddress = 0, ILoggerProvider? logger = null) => new(
        o => o.Admission.AutomaticBans = new AutomaticBanOptions { Mode = mode, MaxConnects = perAddress > 0 ? 0 : 3, MaxConnectsPerAddress = perAddress },
        logger: logger);

    private static async Task ConnectAsync(EngineHarness gateway, HelloPayload? hello = null, string? address = null)
    {
        var (client, _) = await gateway.IdentifiedAsync(hello, address is null ? null : IPAddress.Parse(address));
        await client.DisconnectAsync();
    }

    private static async Task<string?> RefusedAsync(EngineHarness gateway)
    {
        var client = gateway.Connect();
        await client.HelloAsync(EngineHarness.Hello());
        return (await client.ClosedWithFrameAsync()).Detail;
    }

    private static double Made(EngineHarness gateway, string mode) => gateway.Metrics.Read("heartbeatgateway.automatic_bans", ("mode", mode));

    /// <summary>Calls what a test wants to happen at the moment in which a line is logged.</summary>
    private sealed class LineActions : ILoggerProvider, ILogger
    {
        private readonly ConcurrentDictionary<string, Action> _actions = new();

        public void On(string line, Action action) => _actions[line] = action;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (_actions.TryRemove(eventId.Name ?? "", out var action)) action();
        }

        public void Dispose()
        {
            // There is nothing to release.
        }
    }
}
