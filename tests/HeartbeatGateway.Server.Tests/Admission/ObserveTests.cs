using System.Net;
using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Server.Tests.Admission;

/// <summary>Report-only limits: a connection above the limit is counted and logged, and stays open.</summary>
public sealed class ObserveTests
{
    [Fact]
    public async Task Above_a_report_only_total_limit_connections_are_admitted_and_counted()
    {
        using var gateway = ReportOnly("limit_total", o => o.MaxConnections = 1);
        await gateway.ConnectedAsync();
        var second = await gateway.ConnectedAsync();
        Assert.False(second.Handler.IsCompleted);
        AssertObserved(gateway, "limit_total", 1);

        // Its place counts like any other and is released.
        second.CloseOutput();
        await second.Handler;
        gateway.AssertBalanced();
        Assert.Equal(1, gateway.Engine.Gate.Places);
    }

    [Fact]
    public async Task A_report_only_address_limit_still_counts_connections()
    {
        using var gateway = ReportOnly("limit_address", o => o.MaxConnectionsPerAddress = 1);
        var clients = new[] { await gateway.ConnectedAsync(), await gateway.ConnectedAsync(), await gateway.ConnectedAsync() };
        AssertObserved(gateway, "limit_address", 2);
        foreach (var client in clients)
        {
            client.CloseOutput();
            await client.Handler;
        }

        // Enforced from now on: the closed connections no longer count.
        gateway.Options.Admission.Observe.Clear();
        gateway.Engine.Reconfigure(gateway.Options);
        Assert.False((await gateway.ConnectedAsync()).Handler.IsCompleted);
        await gateway.Connect().Handler;
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_address")));
    }

    [Fact]
    public void A_report_only_rate_limit_admits_all_connections()
    {
        using var gateway = ReportOnly("limit_rate", o => o.AcceptsPerSecond = 1);
        Assert.All(Enumerable.Range(0, 4).Select(_ => gateway.Connect()), client => Assert.False(client.Handler.IsCompleted));
        AssertObserved(gateway, "limit_rate", 3);
    }

    [Fact]
    public async Task A_report_only_handshake_timeout_is_counted_once_and_closes_no_connection()
    {
        using var gateway = ReportOnly("handshake_timeout", o => o.HandshakeTimeout = TimeSpan.FromSeconds(2));
        var silent = gateway.Connect();
        gateway.Advance(TimeSpan.FromSeconds(60));
        Assert.False(silent.Handler.IsCompleted);
        AssertObserved(gateway, "handshake_timeout", 1);
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.timeouts", ("kind", "handshake")));

        // The connection can still become a client.
        await silent.PingAsync();
        Assert.Equal("ping", (await silent.ReadFrameAsync()).Type);
    }

    [Fact]
    public async Task With_a_report_only_first_content_limit_the_general_content_limit_applies()
    {
        using var gateway = ReportOnly("first_content", _ => { });
        var client = gateway.Connect();
        await client.SendAsync(client.Frame("message", new string('x', 5000)));
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connected_clients"));
        AssertObserved(gateway, "first_content", 1);

        var tooLarge = gateway.Connect();
        await tooLarge.SendAsync(tooLarge.Frame("message", new string('x', 65_537)));
        await tooLarge.Handler;
        Assert.Equal(1, gateway.Closed("bad_length"));
        AssertObserved(gateway, "first_content", 1);
    }

    [Fact]
    public async Task A_connection_admitted_by_a_report_only_limit_can_be_rejected_by_the_next_limit()
    {
        using var gateway = ReportOnly("limit_total", o => (o.MaxConnections, o.AcceptsPerSecond) = (1, 2));
        await gateway.ConnectedAsync();
        await gateway.ConnectedAsync();
        await gateway.Connect().Handler;
        AssertObserved(gateway, "limit_total", 2);
        Assert.Equal(1, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_rate")));
        Assert.Equal(0, gateway.Metrics.Read("heartbeatgateway.connections.rejected", ("reason", "limit_total")));
        gateway.AssertBalanced();
    }

    [Fact]
    public void Each_connection_above_a_report_only_limit_has_a_log_line()
    {
        using var gateway = ReportOnly("limit_total", o => o.MaxConnections = 1);
        gateway.Connect();
        gateway.Connect(IPAddress.Parse("192.0.2.77"));
        var line = Assert.Single(gateway.Logs.GetSnapshot(), l => l.Id.Name == "LimitObserved");
        Assert.Contains("192.0.2.77", line.Message, StringComparison.Ordinal);
        Assert.Contains("limit_total", line.Message, StringComparison.Ordinal);
    }

    private static EngineHarness ReportOnly(string limit, Action<Server.Options.AdmissionOptions> configure) => new(o =>
    {
        configure(o.Admission);
        o.Admission.Observe.Add(limit);
    });

    private static void AssertObserved(EngineHarness gateway, string limit, int times)
    {
        Assert.Equal(times, gateway.Metrics.Read("heartbeatgateway.limits_observed", ("limit", limit)));
        Assert.Equal(times, gateway.Metrics.Sum("heartbeatgateway.limits_observed"));
    }
}
