using System.Net;
using HeartbeatGateway.Server.Tests.Clients;
using HeartbeatGateway.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Server.Tests.Telemetry;

/// <summary>No peer and no kind of line hides the lines about others, and suppressed lines are counted and reported.</summary>
public sealed class FloodControlTests
{
    private static readonly IPAddress Attacker = IPAddress.Parse("203.0.113.66");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_thousand_clients_that_connect_and_disconnect_write_two_thousand_lines(bool isOneAddress)
    {
        using var gateway = new EngineHarness();
        for (var i = 0; i < 1_000; i++)
        {
            var client = await gateway.ConnectedAsync(isOneAddress ? null : new IPAddress([10, 0, (byte)(i / 250), (byte)(i % 250)]));
            await client.DisconnectAsync();
        }

        var lines = gateway.Logs.GetSnapshot();
        Assert.Equal(1_000, lines.Count(l => l.Id.Name is "ClientConnected" or "ClientReconnected"));
        Assert.Equal(1_000, lines.Count(l => l.Id.Name == "ConnectionClosed"));
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.log_lines_suppressed"));
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("wrong token")]
    [InlineData("valid ping")]
    public async Task An_address_with_two_hundred_connects_a_second_does_not_hide_the_disconnects_of_others(string attack)
    {
        using var gateway = new EngineHarness(o =>
        {
            (o.Logging.Burst, o.Logging.LinesPerSecond) = (400, 50);
            (o.Logging.AddressBurst, o.Logging.AddressLinesPerSecond) = (200, 25);
        });
        var devices = new List<InMemoryClient>();
        for (var i = 0; i < 100; i++) devices.Add(await gateway.ConnectedAsync(new IPAddress([10, 0, 0, (byte)i])));
        for (var second = 0; second < 10; second++)
        {
            for (var i = 0; i < 200; i++) await AttackAsync(gateway, attack);
            foreach (var device in devices.Skip(second * 10).Take(10)) await device.DisconnectAsync();
            foreach (var device in devices.Skip((second + 1) * 10)) await device.PingAsync();
            gateway.Time.Advance(TimeSpan.FromSeconds(1));
        }

        var closed = gateway.Logs.GetSnapshot().Where(l => l.Id.Name == "ConnectionClosed").ToList();
        Assert.Equal(100, closed.Count(l => Property(l, "RemoteAddress").StartsWith("10.", StringComparison.Ordinal)));
        Assert.InRange(closed.Count(l => Property(l, "RemoteAddress") == "203.0.113.66"), 50, 500);
        Assert.True(gateway.Metrics.Sum("heartbeatgateway.log_lines_suppressed") > 1_000);
    }

    [Fact]
    public async Task Suppressed_lines_are_counted_by_kind_and_summed_up_in_one_line_for_each_kind()
    {
        using var gateway = new EngineHarness(o => (o.Logging.AddressBurst, o.Logging.AddressLinesPerSecond) = (10, 1));
        gateway.Engine.Start();
        for (var i = 0; i < 30; i++) await AttackAsync(gateway, "garbage");
        var other = await gateway.ConnectedAsync();
        for (var i = 0; i < 15; i++) await other.SendAsync(other.Frame("message", "x"));
        Assert.Equal(20, Suppressed(gateway, "handshake"));
        Assert.Equal(20, Suppressed(gateway, "refusal"));
        Assert.Equal(5, Suppressed(gateway, "message"));
        Assert.Equal(0, Suppressed(gateway, "lifecycle"));
        gateway.Time.Advance(TimeSpan.FromSeconds(11));

        var reports = gateway.Logs.GetSnapshot().Where(l => l.Id.Name == "LogLinesSuppressed").ToList();
        Assert.Equal(["handshake", "refusal", "message"], reports.Select(l => Property(l, "Kind")));
        Assert.Equal(["20", "20", "5"], reports.Select(l => Property(l, "SuppressedLines")));
        Assert.Equal(["203.0.113.66 (20)", "203.0.113.66 (20)", "192.0.2.1 (5)"], reports.Select(l => Property(l, "Addresses")));
        gateway.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(3, gateway.Logs.GetSnapshot().Count(l => l.Id.Name == "LogLinesSuppressed"));
    }

    [Fact]
    public async Task A_changed_budget_is_in_force_at_once()
    {
        using var gateway = new EngineHarness(o => (o.Logging.AddressBurst, o.Logging.AddressLinesPerSecond) = (10, 1));
        for (var i = 0; i < 20; i++) await AttackAsync(gateway, "garbage");
        Assert.Equal(10, Suppressed(gateway, "handshake"));
        gateway.Options.Logging.AddressBurst = 100;
        gateway.Engine.Reconfigure(gateway.Options);
        for (var i = 0; i < 20; i++) await AttackAsync(gateway, "garbage");
        Assert.Equal(10, Suppressed(gateway, "handshake"));
    }

    [Fact]
    public async Task Lines_whose_level_is_off_take_nothing_from_the_budget_and_are_not_counted()
    {
        using var gateway = new EngineHarness(o => (o.Logging.AddressBurst, o.Logging.AddressLinesPerSecond) = (10, 1), minimumLevel: LogLevel.Warning);
        for (var i = 0; i < 50; i++) await (await gateway.ConnectedAsync()).DisconnectAsync();
        Assert.Equal(0, gateway.Metrics.Sum("heartbeatgateway.log_lines_suppressed"));
    }

    private static async Task AttackAsync(EngineHarness gateway, string attack)
    {
        var client = gateway.Connect(Attacker);
        switch (attack)
        {
            case "garbage":
                await client.SendAsync("garbage!"u8.ToArray());
                break;
            case "wrong token":
                var frame = client.Ping;
                frame[60] ^= 1;
                await client.SendAsync(frame);
                break;
            default:
                await client.PingAsync();
                client.CloseOutput();
                break;
        }

        await client.Handler;
    }

    private static double Suppressed(EngineHarness gateway, string kind) => gateway.Metrics.Read("heartbeatgateway.log_lines_suppressed", ("kind", kind));

    private static string Property(FakeLogRecord line, string name) => line.GetStructuredStateValue(name) ?? "";
}
