using System.Net;
using System.Text;
using HeartbeatGateway.Protocol;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Tokens;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Bans;

/// <summary>Connections that a ban refuses or closes.</summary>
public sealed class BanTests
{
    [Fact]
    public async Task A_banned_client_is_refused_at_its_hello_and_told_not_to_retry()
    {
        using var gateway = new EngineHarness();
        gateway.Ban(BanKind.Client, "pump-17");
        var client = gateway.Connect();
        await client.HelloAsync(EngineHarness.Hello());
        var close = await client.ClosedWithFrameAsync();
        Assert.Equal((CloseReason.Banned, false, "this client id is banned"), (close.Reason, close.Retry, close.Detail));
        Assert.Empty(await gateway.EventsAsync());
        Assert.Equal(1, gateway.Closed("banned"));
        Assert.Equal(1, Assert.Single(gateway.Engine.Bans.ListMatches()).Refused);
        // Its token has verified, so the history knows it by name.
        Assert.Equal("pump-17", Assert.Single(gateway.Engine.EnumerateDisconnects()).ClientId);
        Assert.Equal("pump-18", (await gateway.IdentifiedAsync(EngineHarness.Hello("pump-18"))).Welcome is { } ? gateway.Engine.FindClient("pump-18")!.ClientId : "");
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task A_client_without_the_close_feature_is_closed_without_a_frame()
    {
        using var gateway = new EngineHarness();
        gateway.Ban(BanKind.Client, "pump-17");
        var client = gateway.Connect();
        await client.HelloAsync(EngineHarness.Hello(acceptsClose: false));
        await client.ClosedWithoutFrameAsync();
        Assert.Equal(1, gateway.Closed("banned"));
    }

    [Fact]
    public async Task A_token_that_does_not_verify_is_refused_as_such_and_a_ban_is_not_revealed()
    {
        using var gateway = new EngineHarness();
        gateway.Ban(BanKind.Client, "pump-17");
        var keyring = new TokenKeyring(new TokenKeyringOptions { Secrets = [new TokenSecret("k1", "not the gateway's secret")] }, TokenRole.Client);
        var client = gateway.Connect(keyring: keyring);
        await client.HelloAsync(EngineHarness.Hello());
        await client.ClosedWithoutFrameAsync();
        Assert.Equal((1, 0), (gateway.Closed("token_invalid"), gateway.Closed("banned")));
        Assert.Equal(0, Assert.Single(gateway.Engine.Bans.ListMatches()).Refused);
    }

    [Fact]
    public async Task A_replayed_hello_of_a_banned_client_is_refused_as_a_replay()
    {
        using var gateway = new EngineHarness();
        var first = gateway.Connect();
        var hello = first.Signer.Encode(FrameKinds.Hello, EngineHarness.Hello().ToJson(), first.UnixSeconds).ToArray();
        await first.SendAsync(hello);
        await first.ReadWelcomeAsync();
        gateway.Ban(BanKind.Client, "pump-17");
        await first.ClosedWithFrameAsync();
        var replayer = gateway.Connect();
        await replayer.SendAsync(hello);
        await replayer.ClosedWithoutFrameAsync();
        Assert.Equal((1, 1), (gateway.Closed("token_invalid"), gateway.Closed("banned")));
    }

    [Fact]
    public async Task A_banned_key_is_refused_at_its_first_frame_and_each_other_key_is_served()
    {
        using var gateway = new EngineHarness(o => o.Tokens.Keys.Add(new Server.Options.TokenKeyOptions { Id = "k2", Secret = "another secret for tests" }));
        gateway.Ban(BanKind.Key, "k2");
        var keyring = new TokenKeyring(new TokenKeyringOptions { Secrets = [new TokenSecret("k2", "another secret for tests")] }, TokenRole.Client);
        var banned = gateway.Connect(keyring: keyring);
        await banned.PingAsync();
        await banned.ClosedWithoutFrameAsync();
        var withHello = gateway.Connect(keyring: keyring);
        await withHello.HelloAsync(EngineHarness.Hello());
        Assert.Equal("the token key of this client is banned", (await withHello.ClosedWithFrameAsync()).Detail);
        await gateway.ConnectedAsync();
        Assert.Equal(2, gateway.Closed("banned"));
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.heartbeats") - 1);
    }

    [Fact]
    public async Task A_connection_that_changes_to_a_banned_key_is_closed()
    {
        using var gateway = new EngineHarness(o => o.Tokens.Keys.Add(new Server.Options.TokenKeyOptions { Id = "k2", Secret = "another secret for tests" }));
        gateway.Ban(BanKind.Key, "k2");
        var client = await gateway.ConnectedAsync();
        var other = new TokenKeyring(new TokenKeyringOptions { Secrets = [new TokenSecret("k2", "another secret for tests")] }, TokenRole.Client);
        await client.SendAsync(other.Keys[0].Named.Ping(client.UnixSeconds));
        await client.ClosedWithoutFrameAsync();
        Assert.Equal(1, gateway.Closed("banned"));
    }

    [Theory]
    [InlineData("198.51.100.7", "198.51.100.7", true)]
    [InlineData("198.51.100.7", "198.51.100.8", false)]
    [InlineData("198.51.100.7", "::ffff:198.51.100.7", true)]
    [InlineData("::ffff:198.51.100.0/120", "198.51.100.7", true)]
    [InlineData("198.51.100.0/24", "198.51.101.0", false)]
    [InlineData("0.0.0.0/0", "198.51.100.7", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("0.0.0.0/0", "127.0.0.1", false)]
    [InlineData("::/0", "::1", false)]
    [InlineData("::/0", "2001:db8::1", true)]
    [InlineData("2001:db8:0:1::/64", "2001:db8:0:1:ffff::1", true)]
    [InlineData("2001:db8:0:1::/64", "2001:db8:0:2::1", false)]
    [InlineData("2001:db8::/33", "2001:db8:7fff::1", true)]
    [InlineData("2001:db8::/33", "2001:db8:8000::1", false)]
    [InlineData("2001:db8::5", "2001:db8::5", true)]
    public async Task Addresses_match_when_a_connection_is_accepted(string ban, string from, bool isRefused)
    {
        using var gateway = new EngineHarness();
        gateway.Ban(BanKind.Address, ban);
        var client = gateway.Connect(IPAddress.Parse(from));
        if (isRefused) await client.ClosedWithoutFrameAsync();
        else await client.PingAsync();
        Assert.Equal(isRefused ? 1 : 0, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "banned")));
        Assert.Equal(isRefused ? 0 : 1, gateway.Metrics.Read("heartbeatgateway.connections.opened"));
        Assert.Equal(isRefused ? 0 : 1, gateway.Engine.Gate.Places);
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task Of_overlapping_bans_one_that_has_expired_or_is_lifted_hides_no_other()
    {
        using var gateway = new EngineHarness();
        gateway.Ban(BanKind.Address, "198.51.100.7", TimeSpan.FromMinutes(1));
        gateway.Ban(BanKind.Address, "198.51.100.0/24", TimeSpan.FromMinutes(2));
        var network = gateway.Ban(BanKind.Address, "198.51.0.0/16").Matches.Ban;
        Assert.All(gateway.Engine.Bans.ListMatches(), m => Assert.Equal(0, m.Count));
        var address = IPAddress.Parse("198.51.100.7");
        for (var i = 0; i < 3; i++)
        {
            await gateway.Connect(address).ClosedWithoutFrameAsync();
            gateway.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal("198.51.0.0/16", Assert.Single(gateway.Engine.Bans.List()).Value);
        Assert.True(gateway.Engine.Bans.Remove(network.Id));
        Assert.False(gateway.Engine.Bans.Remove(network.Id));
        await gateway.ConnectedAsync(address);
        Assert.Equal(3, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "banned")));
    }

    [Fact]
    public async Task A_ban_ends_at_its_time_and_not_before()
    {
        using var gateway = new EngineHarness();
        gateway.Ban(BanKind.Client, "pump-17", TimeSpan.FromMinutes(10));
        gateway.Time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        var early = gateway.Connect();
        await early.HelloAsync(EngineHarness.Hello());
        Assert.Equal("this client id is banned until 2026-11-22T10:10:00Z", (await early.ClosedWithFrameAsync()).Detail);
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.bans", ("kind", "client")));
        gateway.Time.Advance(TimeSpan.FromMilliseconds(1));
        await gateway.IdentifiedAsync();
        Assert.Empty(gateway.Engine.Bans.List());
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.bans", ("kind", "client")));
    }

    [Fact]
    public async Task A_new_ban_closes_whom_it_matches_at_once_and_tells_whom()
    {
        using var gateway = new EngineHarness();
        var address = IPAddress.Parse("198.51.100.7");
        var (pump, _) = await gateway.IdentifiedAsync(address: address);
        var anonymous = await gateway.ConnectedAsync(address);
        var silent = gateway.Connect(address);
        var other = await gateway.ConnectedAsync();
        var number = gateway.Engine.EnumerateConnections().Single(c => c.RemoteEndPoint is IPEndPoint { Address: var a } && a.Equals(address) && gateway.Engine.FindClient("pump-17")!.ConnectionId != c.Id && c.SinceLastPing is not null).Id;
        var effect = gateway.Ban(BanKind.Address, "198.51.100.0/24");
        Assert.Equal((3, 3), (effect.Closed, effect.Matches.Count));
        Assert.Contains("pump-17", effect.Matches.Names);
        Assert.Contains($"#{number}", effect.Matches.Names);
        Assert.Equal("the address of this client is banned", (await pump.ClosedWithFrameAsync()).Detail);
        await anonymous.ClosedWithoutFrameAsync();
        await silent.ClosedWithoutFrameAsync();
        await other.PingAsync();
        Assert.Equal("ping", (await other.ReadFrameAsync()).Type);
        Assert.Equal(3, gateway.Closed("banned"));
        gateway.AssertBalanced();
    }

    [Fact]
    public async Task The_addresses_behind_a_trusted_proxy_are_banned_and_the_proxy_never()
    {
        using var gateway = new EngineHarness(o => o.Proxy.TrustedNetworks.Add("192.0.2.0/24"));
        Assert.Equal(BanRefusal.TrustedProxy, gateway.Engine.Bans.Check(BanExtensions.Make(BanKind.Address, "192.0.2.1")));
        Assert.Equal(BanRefusal.TrustedProxy, gateway.Engine.Bans.Check(BanExtensions.Make(BanKind.Address, "192.0.2.128/25")));
        Assert.Throws<InvalidOperationException>(() => gateway.Ban(BanKind.Address, "::ffff:192.0.2.1"));
        // A network around it is accepted for the rest.
        gateway.Ban(BanKind.Address, "192.0.0.0/16");
        gateway.Ban(BanKind.Address, "198.51.100.22");
        var banned = gateway.Connect();
        await banned.SendAsync(Encoding.ASCII.GetBytes("PROXY TCP4 198.51.100.22 203.0.113.7 35646 80\r\n"));
        await banned.ClosedWithoutFrameAsync();
        var served = gateway.Connect();
        await served.SendAsync(Encoding.ASCII.GetBytes("PROXY TCP4 198.51.100.23 203.0.113.7 35646 80\r\n"));
        await served.PingAsync();
        Assert.Equal("ping", (await served.ReadFrameAsync()).Type);
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "banned")));
    }

    [Fact]
    public async Task The_liveness_probe_is_never_banned()
    {
        using var gateway = new EngineHarness();
        foreach (var (kind, value) in new[] { (BanKind.Address, "0.0.0.0/0"), (BanKind.Key, "k1") }) gateway.Ban(kind, value);
        var probe = gateway.Connect(isProbe: true);
        await probe.SendAsync(gateway.Engine.CreateProbePing());
        Assert.Equal("ping", EngineHarness.TypeOfSingle(probe.TakeBytes()));
    }

    [Fact]
    public async Task A_refused_address_takes_nothing_from_the_accept_rate()
    {
        using var gateway = new EngineHarness(o => o.Admission.AcceptsPerSecond = 1);
        gateway.Ban(BanKind.Address, "198.51.100.7");
        for (var i = 0; i < 5; i++) await gateway.Connect(IPAddress.Parse("198.51.100.7")).ClosedWithoutFrameAsync();
        await gateway.ConnectedAsync();
        Assert.Equal(5, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "banned")));
    }

    [Fact]
    public async Task Replacing_bans_keeps_counts_and_bans_with_other_ids_and_closes_whom_the_new_ones_match()
    {
        using var gateway = new EngineHarness();
        var kept = gateway.Ban(BanKind.Client, "pump-1").Matches.Ban;
        var refused = gateway.Connect();
        await refused.HelloAsync(EngineHarness.Hello("pump-1"));
        await refused.ClosedWithFrameAsync();
        var former = gateway.Ban(BanKind.Client, "pump-2").Matches.Ban;
        gateway.Ban(BanKind.Client, "pump-3");
        var (pump, _) = await gateway.IdentifiedAsync(EngineHarness.Hello("pump-4"));
        var version = gateway.Engine.Bans.Version;
        var closed = gateway.Engine.Bans.Replace([kept, BanExtensions.Make(BanKind.Client, "pump-4")], new HashSet<string> { kept.Id, former.Id });
        Assert.Equal((1, version + 1), (closed, gateway.Engine.Bans.Version));
        await pump.ClosedWithFrameAsync();
        Assert.Equal(["pump-1", "pump-3", "pump-4"], gateway.Engine.Bans.List().Select(b => b.Value).Order(StringComparer.Ordinal));
        Assert.Equal(1, gateway.Engine.Bans.ListMatches().Single(m => m.Ban.Value == "pump-1").Refused);
    }

    [Fact]
    public void The_list_is_bounded_and_a_ban_that_is_in_it_can_be_replaced()
    {
        using var gateway = new EngineHarness();
        gateway.Engine.Bans.Replace([.. Enumerable.Range(0, Ban.MaxCount).Select(i => BanExtensions.Make(BanKind.Address, $"10.0.{i / 256}.{i % 256}"))], new HashSet<string>());
        Assert.Equal(BanRefusal.Full, gateway.Engine.Bans.Check(BanExtensions.Make(BanKind.Client, "pump-17")));
        Assert.Throws<InvalidOperationException>(() => gateway.Ban(BanKind.Client, "pump-17"));
        gateway.Ban(BanKind.Address, "10.0.0.1", TimeSpan.FromMinutes(1));
        Assert.Throws<ArgumentException>(() => gateway.Engine.Bans.Replace([BanExtensions.Make(BanKind.Client, "pump-17")], new HashSet<string>()));
        Assert.Equal(Ban.MaxCount, gateway.Metrics.Read("heartbeatgateway.bans", ("kind", "address")));
        gateway.Time.Advance(TimeSpan.FromMinutes(1));
        gateway.Ban(BanKind.Client, "pump-17");
    }

    [Fact]
    public async Task Log_lines_about_refused_connections_have_a_budget()
    {
        using var gateway = new EngineHarness(o => o.Logging.AddressBurst = 10);
        gateway.Ban(BanKind.Address, "198.51.100.7");
        for (var i = 0; i < 200; i++) await gateway.Connect(IPAddress.Parse("198.51.100.7")).ClosedWithoutFrameAsync();
        var lines = gateway.Logs.GetSnapshot().Where(l => l.Id.Name == "ConnectionRejected").ToList();
        Assert.InRange(lines.Count, 1, 199);
        Assert.Contains("198.51.100.7:50000 rejected: banned", lines[0].Message, StringComparison.Ordinal);
        Assert.Equal(200 - lines.Count, gateway.Metrics.Read("heartbeatgateway.log_lines_suppressed", ("kind", "limit")));
    }
}
